import { alphaModes, smoothingModes } from '../../../smooth/modes/registry.js';
import { markText, modesWithoutAlpha } from '../../charts/smoothing-mode-marks.js';
import { drawnLimits } from '../../charts/drawn-limits.js';
import type { Drawn } from '../drawn-parts.js';
import { chooseParts, drawnText, leftOutText, onlyTrials } from '../drawn-parts.js';
import type { PageFigure } from '../figure.js';
import { cutMiddle } from '../../cut-middle.js';
import { lossModeName } from '../../loss-names.js';
import { significantText } from '../../number-text.js';
import type { LayerPageFacts } from '../../facts/layer-page-facts.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText } from '../../query.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import type { Variant } from '../../facts/variants.js';
import { legendHint } from '../../charts/interaction.js';
import { lossColumnsOf, lossControls, quantizedText, storedModes } from '../loss-controls.js';
import { drawnRanges } from '../../charts/loss-measures.js';
import { lossOverAlphaChart } from './loss-over-alpha-chart.js';

/**
 * The layer's loss over its own alpha, a line for each calibration size, one panel for each variant
 * of other settings.
 */
export const lossOverAlpha: PageFigure<LayerPageFacts> = {
  id: 'loss-over-alpha',
  section: 'loss',
  name: 'loss over alpha',
  title: () => 'Loss over alpha',
  sql: (facts) => `SELECT trial, label, role, alpha_mode, layer_alpha, calibration_batches, mode,
       ${lossColumnsOf(4).join(', ')}
FROM v_layer_loss WHERE sweep = ${sqlText(facts.sweep.sweep.name)} AND position = ${facts.layer.position} AND layer = ${sqlText(facts.layer.name)}
AND role IN ('candidate', 'unsmoothed')${onlyTrials(drawnVariants(facts.sweep).trials)} ORDER BY trial, mode`,
  build: (rows, facts) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'No losses of this layer are stored: loss.modes: [accumulated] in the experiment adds them.',
        brief: 'loss.modes',
      };
    }
    const { sweep } = facts;
    const ranges = drawnRanges(rows);
    const mode = storedModes(rows)[0]?.value ?? 'accumulated';
    const drawn = drawnVariants(sweep);
    const told = bestText(rows, mode, facts);
    const panels = drawn.parts.map(({ label, trials }) => {
      const own = rows.filter((row) => trials.has(numberOf(row, 'trial')));
      const alt = `Lines of the layer’s loss over its alpha by calibration size${label === '' ? '' : `, ${label}`}. ${told}`;
      return { title: label, alt, own, spec: lossOverAlphaChart(own, facts, ranges, mode, alt) };
    });
    const plain = new Set(rows.filter((row) => row['role'] === 'unsmoothed').map((row) => row['trial'])).size;
    const unsmoothed =
      plain === 0 ? '' : `Horizontal dashed line: unsmoothed${plain > 1 ? ', a line for each calibration size' : ''}.`;
    const drawnModes = new Set(rows.map((row) => row['alpha_mode']));
    const marks = alphaModes
      .filter((mode) => drawnModes.has(mode) && smoothingModes[mode].appearance.mark !== 'circle')
      .map((mode) => `; ${markText(mode, modesWithoutAlpha.includes(mode) ? ' at the right' : '')}`);
    return {
      kind: 'charts',
      controls: lossControls(rows),
      caption: `Error of the layer’s own output against FP32.${chosenText(facts)} ${told}${drawnText(drawn)}`.trim(),
      details: `Lines: static alpha${marks.join('')}. ${unsmoothed} ${quantizedText} ${legendHint}${leftOutText(drawn, 'combinations of other settings', sweep)}`,
      panels: panels.filter(({ own }) => own.length > 0),
    };
  },
};

function drawnVariants(sweep: SweepFacts): Drawn<Variant> {
  return chooseParts(sweep.variants, sweep, { most: drawnLimits.variants });
}

function chosenText({ shown: [first] }: LayerPageFacts): string {
  if (first === undefined || first.alpha === null) return '';
  return ` Vertical line: alpha of the best setting, ${significantText(first.alpha)}.`;
}

/** Where this layer itself would be best. */
function bestText(rows: readonly Row[], mode: string, { sweep }: LayerPageFacts): string {
  const own = rows.filter((row) => row['mode'] === mode && numberOrNull(row, 'layer_alpha') !== null);
  const [head] = own;
  if (head === undefined) return '';
  const least = own.reduce((best, row) => (numberOf(row, 'l1') < numberOf(best, 'l1') ? row : best), head);
  const label =
    sweep.trials.find(({ trial }) => trial === least['trial'])?.label ?? `trial ${numberOf(least, 'trial')}`;
  return `Smallest L1 of the ${lossModeName(mode)}: ${significantText(numberOf(least, 'l1'), 3)} at alpha ${significantText(numberOf(least, 'layer_alpha'))} (${cutMiddle(label, 40)}).`;
}
