import type { SampleBatch } from '../../src/tasks/metric.js';

/** One output for some samples, as a metric takes it. */
export function batchOf(
  first: number,
  count: number,
  data: Float32Array,
  dims: readonly number[],
  reference?: Float32Array,
): SampleBatch {
  const of = (values: Float32Array) => [{ name: 'output', data: values, dims }];
  return { first, count, outputs: of(data), reference: reference === undefined ? null : of(reference), origins: null };
}
