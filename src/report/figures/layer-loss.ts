import type { TopLevelSpec } from 'vega-lite';
import { drawnLimits } from '../drawn-limits.js';
import type { Drawn, SizePart } from '../drawn-parts.js';
import { chooseParts, leftOutText, mostLayers, onlyTrials, sizeParts } from '../drawn-parts.js';
import type { Figure } from '../figure.js';
import { significantText } from '../number-text.js';
import type { Row } from '../query.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../query.js';
import type { SweepFacts } from '../sweep-facts.js';
import { lossRange } from '../theme.js';
import { alphaColumnAxis, labelledAlphas } from './alpha-columns.js';
import type { LayerNames } from './layer-axis.js';
import { layerAxis, layerNames, layersHeight, layerTooltip } from './layer-axis.js';

/** Heatmap of every layer's accumulated loss at every alpha, a panel for each calibration size and variant. */
export const layerLoss: Figure = {
  id: 'layer-loss',
  section: 'layers',
  title: () => 'Which layers pay: loss of each layer at each alpha',
  sql: (facts) =>
    `SELECT trial, role, alpha_mode, trial_alpha, layer_alpha, calibration_batches, position, layer, l1, rel_l1, sqnr_db
FROM v_layer_loss WHERE sweep = ${sqlText(facts.sweep.name)} AND mode = 'accumulated' AND role IN ('candidate', 'unsmoothed')
-- Of several searches the most accurate: a column holds one trial.
AND (alpha_mode NOT IN ('dynamic', 'auto') OR trial IN (${shownSearches(facts.sweep.name)}))${onlyTrials(drawnParts(facts).trials)} ORDER BY trial, position`,
  build: (rows, facts) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'No layer losses are stored: loss.modes: [accumulated] in the experiment brings them.',
      };
    }
    const measures = measureRanges(rows);
    const worst = rows.reduce((most, row) => (numberOf(row, 'l1') > numberOf(most, 'l1') ? row : most));
    const drawn = drawnParts(facts);
    const panels = drawn.parts.map(({ variant, size, trials }) => {
      const shown = rows.filter((row) => trials.has(numberOf(row, 'trial')));
      const title = [`${size} batches`, variant.label].filter((part) => part !== '').join(', ');
      const alt = `Heatmap of accumulated layer loss, layers in graph order by alpha, ${title}. Largest l1: ${worstText(worst)}.`;
      return { title, alt, rows: shown, spec: chart(shown, measures, alt) };
    });
    return {
      kind: 'charts',
      controls: [
        {
          param: 'measure',
          label: 'loss',
          options: [
            { value: 'l1', label: 'L1: mean |y − y_fp32|' },
            { value: 'rel_l1', label: 'relative L1: share of the output' },
            { value: 'sqnr_db', label: 'SQNR in dB (lower is worse)' },
          ],
        },
      ],
      caption: `Loss on each layer's own output with the whole network quantized (accumulated). Layers run from input (top) to output; the further from the background, the worse; L1 and relative L1 are coloured on a log scale. Left column: unsmoothed; at the right: dynamic alpha (of several searches the most accurate), cross-layer equalization. Largest L1: ${worstText(worst)}.${leftOutText(drawn, 'combinations of calibration size and other settings', facts)}`,
      panels: panels.filter((panel) => panel.rows.length > 0),
    };
  },
};

/** The panels: each variant at each calibration size, as many as `heatCells` holds. */
function drawnParts(facts: SweepFacts): Drawn<SizePart> {
  const layers = mostLayers(facts);
  return chooseParts(sizeParts(facts.variants, facts), facts, {
    most: Infinity,
    sizeOf: ({ trials }) => trials.size * layers,
    budget: drawnLimits.heatCells,
  });
}

/** The most accurate dynamic trial among those that differ only in how alphas were searched. */
function shownSearches(sweep: string): string {
  return `SELECT trial FROM (SELECT trial, row_number() OVER (
    PARTITION BY alpha_mode, json_remove(settings, '$.search') ORDER BY value DESC, position) AS place
  FROM v_trial WHERE sweep = ${sqlText(sweep)} AND alpha_mode = 'dynamic') WHERE place = 1`;
}

/** Modes without one alpha, in words. */
const unnamed = new Map([
  ['dynamic', 'dynamic alpha'],
  ['cle', 'cross-layer equalization'],
]);

function worstText(row: Row): string {
  const alpha = numberOrNull(row, 'trial_alpha');
  const setting = alpha === null ? (unnamed.get(textOf(row, 'alpha_mode')) ?? 'unsmoothed') : `alpha ${alpha}`;
  return `${significantText(numberOf(row, 'l1'), 3)} in ${textOf(row, 'layer').slice(0, 120)} (${setting})`;
}

/** Ends of the colour scale for each measure, on the scale that is drawn: log10, or minus decibels. */
function measureRanges(rows: readonly Row[]): Readonly<Record<string, readonly [number, number]>> {
  const drawn: Record<string, (value: number) => number> = {
    l1: Math.log10,
    rel_l1: Math.log10,
    sqnr_db: (value) => -value,
  };
  return Object.fromEntries(
    Object.entries(drawn).map(([measure, scale]) => {
      const values = rows
        .map((row) => numberOrNull(row, measure))
        .filter((value) => value !== null && (measure === 'sqnr_db' || value > 0))
        .map((value) => scale(value ?? 1));
      return [measure, values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)]];
    }),
  );
}

function chart(rows: readonly Row[], ranges: ReturnType<typeof measureRanges>, description: string): TopLevelSpec {
  const trials = [...new Set(rows.map((row) => numberOf(row, 'trial')))];
  const alphas = [...new Set(rows.map((row) => numberOrNull(row, 'trial_alpha')))]
    .filter((alpha) => alpha !== null)
    .sort((a, b) => a - b);
  const names: LayerNames = layerNames(rows);
  const end = (index: 0 | 1): string =>
    ['l1', 'rel_l1', 'sqnr_db'].reduceRight(
      (rest, measure) => `measure == '${measure}' ? ${ranges[measure]?.[index] ?? index} : ${rest}`,
      '0',
    );
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: layersHeight(rows),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [
      { name: 'measure', value: 'l1' },
      { name: 'layerNames', value: { ...names } },
    ],
    transform: [
      { filter: { field: 'trial', oneOf: trials } },
      {
        calculate:
          "datum.role == 'unsmoothed' ? 'none' : datum.alpha_mode == 'dynamic' ? 'dyn' : datum.alpha_mode == 'cle' ? 'cle' : toString(datum.trial_alpha)",
        as: 'column',
      },
      { calculate: 'datum[measure]', as: 'loss' },
      {
        calculate:
          "!isValid(datum.loss) ? null : measure == 'sqnr_db' ? -datum.loss : datum.loss > 0 ? log(datum.loss) / LN10 : null",
        as: 'shown',
      },
    ],
    mark: { type: 'rect', tooltip: true },
    encoding: {
      x: {
        field: 'column',
        type: 'ordinal',
        title: 'alpha',
        sort: ['none', ...alphas.map(String), 'dyn', 'cle'],
        axis: { ...alphaColumnAxis, values: ['none', ...labelledAlphas(alphas), 'dyn', 'cle'] },
        scale: { paddingInner: 0.04 },
      },
      y: layerAxis,
      color: {
        field: 'shown',
        type: 'quantitative',
        title: null,
        scale: { domainMin: { expr: end(0) }, domainMax: { expr: end(1) }, range: lossRange, zero: false, nice: false },
        legend: {
          gradientLength: 200,
          labelExpr:
            "measure == 'sqnr_db' ? format(-datum.value, '.0f') + ' dB' : format(pow(10, datum.value), '.2~g')",
        },
      },
      tooltip: [
        layerTooltip,
        { field: 'column', title: 'alpha of the trial' },
        { field: 'layer_alpha', title: 'alpha of the layer', type: 'nominal' },
        { field: 'l1', title: 'L1', format: '.4~g' },
        { field: 'rel_l1', title: 'relative L1', format: '.4~g' },
        { field: 'sqnr_db', title: 'SQNR (dB)', format: '.1f' },
      ],
    },
  };
}
