import { drawnLimits } from '../../charts/drawn-limits.js';
import type { Drawn, SizePart } from '../drawn-parts.js';
import { chooseParts, drawnText, leftOutText, mostLayers, onlyTrials, sizeParts } from '../drawn-parts.js';
import type { Figure } from '../figure.js';
import { cutMiddle } from '../../cut-middle.js';
import { lossModeName } from '../../loss-names.js';
import { significantText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';
import { modesWithAlphas, smoothingModes, type AlphaMode } from '../../../smooth/modes/registry.js';
import { besideModes } from '../../charts/smoothing-mode-marks.js';
import type { SweepFacts, TrialFacts } from '../../facts/sweep-facts.js';
import { layerLossChart } from './layer-loss-chart.js';
import { rankedLossChart } from './ranked-loss-chart.js';
import { linkedHint } from '../../charts/linked-charts.js';
import { lossColumns, lossControls, quantizedText, storedModes } from '../loss-controls.js';
import { drawnRanges } from '../../charts/loss-measures.js';

/**
 * Heatmap and lines of every layer's loss at every alpha, a panel for each calibration size and
 * variant.
 */
export const layerLoss: Figure = {
  id: 'layer-loss',
  section: 'layers',
  name: 'layer losses',
  title: (facts) => (hasAlphas(facts) ? 'Loss of each layer at each alpha' : 'Loss of each layer'),
  sql: (facts) =>
    `SELECT trial, role, alpha_mode, trial_alpha, layer_alpha, calibration_batches, position, layer, mode,
       ${lossColumns.join(', ')}
FROM v_layer_loss WHERE sweep = ${sqlText(facts.sweep.name)} AND role IN ('candidate', 'unsmoothed')
-- Of several searches the most accurate: a column holds one trial.
AND (alpha_mode NOT IN (${sqlModes(searchedModes)}) OR trial IN (${shownSearches(facts.sweep.name)}))${onlyTrials(drawnParts(facts).trials)} ORDER BY trial, mode, position`,
  build: (rows, facts) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'No layer losses are stored: loss.modes: [accumulated] in the experiment adds them.',
        brief: 'loss.modes',
      };
    }
    const ranges = drawnRanges(rows);
    const mode = storedModes(rows)[0]?.value ?? 'accumulated';
    const worst = rows
      .filter((row) => row['mode'] === mode)
      .reduce((most, row) => (numberOf(row, 'l1') > numberOf(most, 'l1') ? row : most));
    const drawn = drawnParts(facts);
    const lines = hasAlphas(facts);
    const panels = drawn.parts.map(({ variant, size, trials }) => {
      const shown = rows.filter((row) => trials.has(numberOf(row, 'trial')));
      const title = [`${size} batches`, variant.label].filter((part) => part !== '').join(', ');
      const alt = `${lines ? `Heatmap and lines of ${mode} layer loss, layers in graph order by alpha` : `Layers by their ${mode} loss, the worst first`}, ${title}. Largest L1: ${worstText(worst)}.`;
      return { title, alt, rows: shown, spec: (lines ? layerLossChart : rankedLossChart)(shown, ranges, mode, alt) };
    });
    return {
      kind: 'charts',
      controls: lossControls(rows),
      caption: `Error of each layer’s own output against FP32, ${lines ? 'from input (top) to output' : 'the worst first'}. Largest L1 of the ${lossModeName(mode)}: ${worstText(worst)}.${drawnText(drawn)}`,
      details: `${lines ? linesText(facts) : 'Point at a dot for all measures; a click opens the page of its layer.'} ${quantizedText}${leftOutText(drawn, 'combinations of calibration size and other settings', facts)}`,
      panels: panels.filter((panel) => panel.rows.length > 0),
    };
  },
};

/** True where lines over alpha have two points or more. */
function hasAlphas({ trials }: SweepFacts): boolean {
  return new Set(trials.map(({ alpha }) => alpha).filter((alpha) => alpha !== null)).size > 1;
}

/** How to read heatmap and lines. */
function linesText(facts: SweepFacts): string {
  return `The stronger the colour, the worse. Column none: unsmoothed (dashed in the lines)${shownBesides(facts).map(columnText).join('')}. Line colours run from the first layer (green) to the last (violet). ${linkedHint}`;
}

/** The panels: each variant at each calibration size, as many as the limits hold. */
function drawnParts(facts: SweepFacts): Drawn<SizePart> {
  const layers = mostLayers(facts);
  const modes = facts.trials.reduce((most, trial) => Math.max(most, lossModeCount(trial)), 1);
  return chooseParts(sizeParts(facts.variants, facts), facts, {
    most: drawnLimits.heatPanels,
    // A share of what may be drawn, or of what the page may hold.
    sizeOf: ({ trials }) => trials.size * layers * Math.max(1 / drawnLimits.heatCells, modes / drawnLimits.heatRows),
    budget: 1,
  });
}

/** How many `loss.modes` a trial measured. */
function lossModeCount({ settings }: TrialFacts): number {
  const modes = (settings as { readonly loss?: { readonly modes?: unknown } | null } | null)?.loss?.modes;
  return Array.isArray(modes) ? modes.length : 0;
}

/** The most accurate dynamic trial among those that differ only in how alphas were searched. */
function shownSearches(sweep: string): string {
  const name = sqlText(sweep);
  return `SELECT trial FROM (SELECT t.trial, row_number() OVER (PARTITION BY k.but_alpha ORDER BY p.place IS NULL, p.place, t.position) AS number
  FROM v_trial t JOIN v_alike k ON k.sweep = t.sweep AND k.trial = t.trial
  LEFT JOIN (SELECT trial, place FROM v_place WHERE sweep = ${name}) p ON p.trial = t.trial
  WHERE t.sweep = ${name} AND t.alpha_mode IN (${sqlModes(modesWithAlphas('searchedPerLayer'))})) WHERE number = 1`;
}

/** Modes without one alpha that the sweep has; only they have columns. */
function shownBesides({ trials }: SweepFacts): AlphaMode[] {
  return besideModes.filter((mode) => trials.some((trial) => trial.alphaMode === mode));
}

/** `; dyn: dynamic alpha (...)` */
function columnText(mode: AlphaMode): string {
  const { alphas, appearance } = smoothingModes[mode];
  const which = alphas === 'searchedPerLayer' ? ' (the most accurate of several searches)' : '';
  return `; ${appearance.column}: ${appearance.phrase}${which}`;
}

const searchedModes = modesWithAlphas('searchedPerLayer', 'searchedOnce');

const sqlModes = (modes: readonly AlphaMode[]): string => modes.map(sqlText).join(', ');

function worstText(row: Row): string {
  const alpha = numberOrNull(row, 'trial_alpha');
  const setting =
    alpha === null ? smoothingModes[textOf(row, 'alpha_mode') as AlphaMode].appearance.phrase : `alpha ${alpha}`;
  return `${significantText(numberOf(row, 'l1'), 3)} in ${cutMiddle(textOf(row, 'layer'), 30)} (${setting})`;
}
