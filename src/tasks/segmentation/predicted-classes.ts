import { NonFiniteError } from '../../records/non-finite-error.js';
import { MetricError } from '../metric-error.js';
import type { OutputForm } from './output-form.js';
import { linearTaps, type PictureAxis } from './picture-axis.js';

/** Of a pixel that the sample does not show. */
export const UNSEEN = -1;

/**
 * The class of each number of an output `[height, width]`: the largest logit, of equal ones the
 * lower class; the label itself; or whether the foreground's probability is above the threshold.
 *
 * @param data of one sample
 * @throws NonFiniteError naming the sample; MetricError for labels that are no classes
 */
export function cellClasses(form: OutputForm, data: Float32Array, threshold: number, sample: number): Int32Array {
  checkFinite(form, data, sample);
  const { kind, channels, classes } = form;
  if (kind === 'foreground' || kind === 'foregroundLogit') {
    const level = foregroundLevel(form, data, threshold, sample);
    return Int32Array.from(data, (value) => (value > level ? 1 : 0));
  }
  if (kind === 'labels') {
    return Int32Array.from(data, (label) => {
      if (Number.isInteger(label) && label >= 0 && label < classes) return label;
      throw new MetricError(
        `Expected class numbers 0 to ${classes - 1} in the output of sample ${sample}, got ${label}: ` +
          'make task.classes those of the model, or set task.output',
      );
    });
  }
  const own = new Int32Array(form.height * form.width);
  const [byChannel, byCell] = strides(form);
  for (let cell = 0; cell < own.length; cell += 1) {
    let best = 0;
    for (let channel = 1; channel < channels; channel += 1) {
      if (data[channel * byChannel + cell * byCell]! > data[best * byChannel + cell * byCell]!) best = channel;
    }
    own[cell] = best;
  }
  return own;
}

/**
 * The class of each pixel of the picture: logits, or the foreground's number, are interpolated
 * bilinearly, and the largest counts. {@link UNSEEN} where a crop has cut the pixel away.
 *
 * @throws NonFiniteError naming the sample
 */
export function pixelClasses(
  form: OutputForm,
  data: Float32Array,
  [rows, columns]: readonly [PictureAxis, PictureAxis],
  threshold: number,
  sample: number,
): Int32Array {
  checkFinite(form, data, sample);
  const isForeground = form.kind !== 'logits';
  const level = isForeground ? foregroundLevel(form, data, threshold, sample) : 0;
  const [down, across] = [linearTaps(rows), linearTaps(columns)];
  const own = new Int32Array(rows.length * columns.length).fill(UNSEEN);
  const { channels, width } = form;
  const [byChannel, byCell] = strides(form);
  const blended = new Float64Array(width);
  const best = new Float64Array(columns.length);
  for (let row = 0; row < rows.length; row += 1) {
    const [upper, lower, share] = [down.lower[row]!, down.upper[row]!, down.share[row]!];
    if (upper < 0) continue;
    const start = row * columns.length;
    for (let channel = 0; channel < channels; channel += 1) {
      const [one, other] = [upper, lower].map((cells) => channel * byChannel + cells * width * byCell) as [
        number,
        number,
      ];
      for (let cell = 0; cell < width; cell += 1) {
        blended[cell] = data[one + cell * byCell]! * (1 - share) + data[other + cell * byCell]! * share;
      }
      for (let column = 0; column < columns.length; column += 1) {
        const left = across.lower[column]!;
        if (left < 0) continue;
        const part = across.share[column]!;
        const value = blended[left]! * (1 - part) + blended[across.upper[column]!]! * part;
        if (isForeground) own[start + column] = value > level ? 1 : 0;
        else if (channel === 0 || value > best[column]!) {
          best[column] = value;
          own[start + column] = channel;
        }
      }
    }
  }
  return own;
}

/**
 * The number above which a pixel is foreground. A probability may pass 0 and 1 by a little where it
 * is quantized; what is far beyond is none.
 */
function foregroundLevel(form: OutputForm, data: Float32Array, threshold: number, sample: number): number {
  if (form.kind === 'foregroundLogit') return Math.log(threshold / (1 - threshold));
  const bad = data.find((value) => value < -0.5 || value > 1.5);
  if (bad === undefined) return threshold;
  throw new MetricError(
    `Expected probabilities of 0 to 1 in the output of sample ${sample}, got ${bad}: ` +
      'set task.output: foregroundLogit where no sigmoid was applied, or labels with task.classes for class numbers',
  );
}

function strides({ isChannelsLast, channels, height, width }: OutputForm): readonly [number, number] {
  return isChannelsLast ? [1, channels] : [height * width, 1];
}

function checkFinite(form: OutputForm, data: Float32Array, sample: number): void {
  for (let place = 0; place < data.length; place += 1) {
    if (Number.isFinite(data[place]!)) continue;
    const channel = form.isChannelsLast ? place % form.channels : Math.floor(place / (form.height * form.width));
    throw new NonFiniteError(`output, sample ${sample}, class ${channel}`, data[place]);
  }
}
