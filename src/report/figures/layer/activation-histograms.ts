import type { PageFigure } from '../figure.js';
import { significantText } from '../../number-text.js';
import type { LayerPageFacts, ShownTrial } from '../../facts/layer-page-facts.js';
import { numberOf, sqlText } from '../../query.js';
import { rounded } from '../../charts/rounded.js';
import { histogramCharts } from './histogram-charts.js';
import { mostDrawnLevels, quantizationGrid } from './quantization-grid.js';
import { noTrial, trialControls, trialList } from './shown-trials.js';
import { scaleControl } from '../loss-controls.js';

/**
 * Histograms of the layer's input before and after smoothing, with the range and the levels of its
 * quantizer.
 */
export const activationHistograms: PageFigure<LayerPageFacts> = {
  id: 'activation-histograms',
  section: 'activation',
  name: 'histograms',
  title: () => 'The activation on its quantization grid, before and after smoothing',
  sql: (facts) => `SELECT t.trial, h.quantity, ${rounded('h.low', 'low', 5)},
       ${rounded('h.high', 'high', 5)}, h.count, h.samples
FROM v_trial t, activation_histogram(t.trial, ${sqlText(facts.layer.name)}) h
WHERE t.sweep = ${sqlText(facts.sweep.sweep.name)} AND t.trial IN (${trialList(facts)}) AND h.count > 0
-- Before smoothing, trials with the same calibration data have the same activation: one of them is enough.
AND (h.quantity = 'after' OR t.trial IN (${[...new Set(facts.shown.map(({ observed }) => observed))].join(', ') || '-1'}))
ORDER BY t.trial, h.quantity DESC, h.bin`,
  build: (rows, facts) => {
    const [first] = facts.shown;
    if (first === undefined) return noTrial;
    if (rows.length === 0) return { kind: 'absent', note: noHistogramNote, brief: 'an earlier version ran it' };
    const samples = rows.reduce((most, row) => Math.max(most, numberOf(row, 'samples')), 0);
    const alt = `Histograms of the layer’s input before smoothing and, below it, after it, with the quantizer’s clip range. ${gridText(first)}`;
    return {
      kind: 'charts',
      controls: [...trialControls(facts), scaleControl('scale')],
      caption:
        `The input’s values over the first ${samples} calibration samples. Solid lines: the quantizer’s range; gray band: values that round to 0. ${stepText(first)}`.trim(),
      details:
        `Fraction of the values in each of up to 128 bins, over all channels. After smoothing each channel is divided by its own s, so the units differ. Values beyond the range are clipped; the gray band is one step wide. ${levelsText(facts.shown)} ${gridText(first)}`.trim(),
      panels: [{ title: '', alt, spec: histogramCharts(rows, facts, alt) }],
    };
  },
};

/** What brings histograms to a database without. */
export const noHistogramNote =
  'No histogram of the layer’s input is stored, because an earlier version calibrated it. Running the sweep into a new database (run.database) adds histograms.';

function levelsText(shown: readonly ShownTrial[]): string {
  const grids = shown.map(quantizationGrid);
  if (grids.every(({ after }) => after === null))
    return 'The ranges are not drawn: the input has no single quantizer here.';
  const drawn = grids.some(({ after }) => after !== null && after.levels <= mostDrawnLevels);
  const dense = grids.some(({ after }) => after !== null && after.levels > mostDrawnLevels);
  const missing = grids.some(({ before, after }) => before === null && after !== null)
    ? ' An asymmetric range before smoothing is not stored.'
    : '';
  return `${drawn ? 'Thin lines: its levels. ' : ''}${dense ? `More than ${mostDrawnLevels} levels would make one gray, so the heading says how many there are and how far apart.` : ''}${missing}`.trim();
}

/** `Step 0.0213 before, 0.0011 after.` */
function stepText(first: ShownTrial): string {
  const { before, after } = quantizationGrid(first);
  if (after === null) return '';
  const from = before === null ? '' : `${significantText(before.step, 3)} before smoothing, `;
  return `Step: ${from}${significantText(after.step, 3)} after.`;
}

function gridText(first: ShownTrial): string {
  const { before, after } = quantizationGrid(first);
  if (after === null) return '';
  const step = significantText(after.step, 3);
  const from = before === null ? '' : `from ${significantText(before.step, 3)} `;
  return `In the best setting the step goes ${from}to ${step}, in units of the input before and after.`;
}
