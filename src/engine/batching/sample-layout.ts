import type { FloatTensor } from '../session/session.js';
import type { BatchAxis } from './batch-axis.js';

/**
 * Where the samples lie in a tensor, row-major: number i belongs to row `floor(i / inner) % rows`
 * of the run. `inner` is the size of what stands behind the batch: of a sample as a whole where the
 * batch leads, of `C` in `[T, N, C]`, and likewise where the batch is merged with other axes into
 * one.
 */
export interface SampleLayout {
  readonly inner: number;
}

/**
 * The layout in which every number is of the row that `isOf` says, or null where there is none. Of
 * several the one whose samples lie closest together.
 *
 * @param size numbers of the tensor
 * @param rows of the run
 * @param isOf whether number i may belong to the row
 */
export function findLayout(
  size: number,
  rows: number,
  isOf: (index: number, row: number) => boolean,
): SampleLayout | null {
  if (size === 0 || size % rows !== 0) return null;
  for (const inner of divisorsDescending(size / rows)) {
    if (fits(size, rows, inner, isOf)) return { inner };
  }
  return null;
}

function fits(size: number, rows: number, inner: number, isOf: (index: number, row: number) => boolean): boolean {
  for (let start = 0, row = 0; start < size; start += inner, row = (row + 1) % rows) {
    for (let i = start; i < start + inner; i++) if (!isOf(i, row)) return false;
  }
  return true;
}

function divisorsDescending(number: number): readonly number[] {
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 1; i * i <= number; i++) {
    if (number % i !== 0) continue;
    large.push(number / i);
    if (i * i !== number) small.push(i);
  }
  return [...large, ...small.reverse()];
}

/**
 * The first `samples` of a run's rows, one after the other: `[samples, ...]`. The axis that held
 * the batch is left out where it held nothing else.
 */
export function samplesFirst(
  { data, dims }: FloatTensor,
  { inner }: SampleLayout,
  samples: number,
  rows: number,
): FloatTensor {
  const perSample = data.length / rows;
  const shape = [samples, ...shapeOfSample(dims, inner, rows)];
  if (inner === perSample) return { data: data.subarray(0, samples * perSample), dims: shape };
  const outer = perSample / inner;
  const moved = new Float32Array(samples * perSample);
  for (let sample = 0; sample < samples; sample++) {
    for (let o = 0; o < outer; o++) {
      const from = (o * rows + sample) * inner;
      moved.set(data.subarray(from, from + inner), (sample * outer + o) * inner);
    }
  }
  return { data: moved, dims: shape };
}

/**
 * The whole of a run of one sample: `[1, ...]`.
 *
 * @param batchAxis as far as it has length 1 there
 */
export function singleSample({ data, dims }: FloatTensor, batchAxis: BatchAxis): FloatTensor {
  const isStated = batchAxis !== 'firstOne' && (batchAxis === null || dims[batchAxis] === 1);
  const axis = isStated ? (batchAxis ?? -1) : dims.indexOf(1);
  return { data, dims: [1, ...(axis < 0 ? dims : [...dims.slice(0, axis), ...dims.slice(axis + 1)])] };
}

/** What is the same for all samples, over and over: `[samples, ...]`. */
export function sharedByAll({ data, dims }: FloatTensor, samples: number): FloatTensor {
  const all = new Float32Array(samples * data.length);
  for (let sample = 0; sample < samples; sample++) all.set(data, sample * data.length);
  return { data: all, dims: [samples, ...dims] };
}

/** The axis that holds the rows is the last one behind which there is no more than `inner`. */
function shapeOfSample(dims: readonly number[], inner: number, rows: number): readonly number[] {
  let behind = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const dim = dims[axis]!;
    if (behind * dim > inner && dim % rows === 0) {
      const rest = dim === rows ? [] : [dim / rows];
      return [...dims.slice(0, axis), ...rest, ...dims.slice(axis + 1)];
    }
    behind *= dim;
  }
  return dims;
}
