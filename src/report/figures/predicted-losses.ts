import { comparedRows, predictedChart, type PointOf } from '../charts/predicted-chart.js';
import { rounded } from '../charts/rounded.js';
import { cutMiddle } from '../cut-middle.js';
import { countText, significantText } from '../number-text.js';
import type { Row } from '../query.js';
import { numberOf, textOf } from '../query.js';
import type { FigureContent } from './figure.js';

const numbers = ['weight_error', 'input_error', 'predicted_relative', 'measured_relative', 'ratio'];

/** Columns of v_predicted_loss that {@link predictedContent} shows. */
export const predictedColumns = `trial, label, position, layer, layer_alpha, input_noise, samples, product_share, ${numbers.map((column) => rounded(column, column, 4)).join(', ')}`;

/**
 * Predicted against measured losses, a point each for the layers of a trial or the trials of a
 * layer.
 *
 * @param large number of the trial that stands out; null: none
 */
export function predictedContent(rows: readonly Row[], pointOf: PointOf, large: number | null = null): FigureContent {
  if (rows.length === 0) {
    return { kind: 'absent', note: 'Losses are predicted when the trial has finished.', brief: 'not finished' };
  }
  const compared = comparedRows(rows);
  if (compared.length === 0) {
    return {
      kind: 'absent',
      note: 'Predicted losses (v_predicted_loss) have no measured ones beside them: loss.modes: [isolated] in the experiment adds those.',
      brief: 'loss.modes with isolated',
    };
  }
  const told = sentence(compared, pointOf);
  return {
    kind: 'charts',
    controls: [],
    caption: `${told} On the dashed line both are equal.`,
    details: detailsOf(rows),
    panels: [
      {
        title: '',
        alt: `Scatter plot of predicted over measured squared errors of ${pointOf === 'layer' ? 'layers' : 'trials'}. ${told}`,
        spec: predictedChart(rows, pointOf, told, large),
      },
    ],
  };
}

/**
 * `Predicted within a factor of 1.02 of what was measured in half of the 19 layers, within 1.3 in
 * all (farthest off: conv1).`
 */
function sentence(rows: readonly Row[], pointOf: PointOf): string {
  const sorted = [...rows].sort((a, b) => factorOf(a) - factorOf(b));
  const worst = sorted.at(-1)!;
  if (sorted.length === 1) return `Predicted within a factor of ${factorText(worst)} of what was measured.`;
  const middle = sorted[Math.ceil(sorted.length / 2) - 1]!;
  const name = cutMiddle(textOf(worst, pointOf === 'layer' ? 'layer' : 'label'), 40);
  return `Predicted within a factor of ${factorText(middle)} of what was measured in half of the ${countText(sorted.length, pointOf)}, within ${factorText(worst)} in all (farthest off: ${name}).`;
}

/** How far the prediction is off, up or down. */
function factorOf(row: Row): number {
  const ratio = numberOf(row, 'ratio');
  return Math.max(ratio, 1 / ratio);
}

/** Three digits, rounded up: the prediction is within it. */
function factorText(row: Row): string {
  const factor = factorOf(row);
  const unit = 10 ** (Math.floor(Math.log10(factor)) - 2);
  return significantText(Math.ceil(factor / unit) * unit, 3);
}

function detailsOf(rows: readonly Row[]): string {
  const samples = [...new Set(rows.map((row) => numberOf(row, 'samples')))].sort((a, b) => a - b);
  const noises = new Set(rows.map((row) => textOf(row, 'input_noise')));
  const noise = [
    ...(noises.has('uniform')
      ? ['as if spread evenly over a step, with nothing clipped, where no histogram of the input is at hand']
      : []),
    ...(noises.has('histogram') ? ['by the counted values, clipping among them, where there is one'] : []),
  ].join(', and ');
  const partly = rows.some((row) => numberOf(row, 'product_share') < 1)
    ? ' Of layers with many inputs only products within blocks are known; the others count as 0.'
    : '';
  return `Mean squared error of the layer’s own output, which gets the FP32 input, over the mean square of the FP32 output without its bias. Predicted from second moments of the input over ${samples.join(' or ')} calibration samples: the error of the weight, and the noise of the input ${noise}. Measured (isolated) over the loss samples.${partly}`;
}
