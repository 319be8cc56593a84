import { bernoulliDivergence } from '../center-detection/bernoulli-divergence.js';
import { softmaxDivergence } from '../classification/softmax-divergence.js';
import type { OutputTensor } from '../metric.js';
import { outputForm } from './output-form.js';
import type { SegmentationTask } from './segmentation-settings.js';

/**
 * How far a class map is from FP32's: of logits the mean over pixels of the KL divergence of the
 * softmax, of a foreground's probability that of a Bernoulli variable, both in nats; of labels the
 * share of pixels that differ.
 */
export function segmentationDivergence(
  task: SegmentationTask,
  [reference]: readonly OutputTensor[],
  [output]: readonly OutputTensor[],
): number {
  const [expected, own] = [reference!.data, output!.data];
  const form = outputForm(task, output!.dims);
  if (form === null || 'misfit' in form || form.kind === 'labels') return shareOfDifferent(expected, own);
  if (form.kind === 'foreground') return bernoulliDivergence(expected, own);
  if (form.kind === 'foregroundLogit') return bernoulliDivergence(expected.map(sigmoid), own.map(sigmoid));
  const { channels, isChannelsLast } = form;
  const cells = form.height * form.width;
  const [p, q] = [new Float32Array(channels), new Float32Array(channels)];
  let sum = 0;
  for (let cell = 0; cell < cells; cell += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const place = isChannelsLast ? cell * channels + channel : channel * cells + cell;
      p[channel] = expected[place]!;
      q[channel] = own[place]!;
    }
    sum += softmaxDivergence(p, q);
  }
  return sum / cells;
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** NaN where a number is not finite. */
function shareOfDifferent(reference: Float32Array, output: Float32Array): number {
  let different = 0;
  for (let place = 0; place < reference.length; place += 1) {
    if (!Number.isFinite(output[place]!)) return NaN;
    if (output[place] !== reference[place]) different += 1;
  }
  return different / reference.length;
}
