import { MetricError } from '../metric-error.js';
import type { OutputTensor } from '../metric.js';
import { misfitText, type Misfit, type OutputShape } from '../output-shape.js';
import { isMisfit, type BoundHead, type Head, type HeadContext, type HeadOutput } from './heads/head.js';
import { heads } from './heads/registry.js';
import type { DetectionTask } from './detection-settings.js';

/** The outputs of a model, found by the head of a task. */
export interface FoundHead {
  readonly bound: BoundHead;
  /** Outputs without an axis of samples. */
  readonly unbatched: ReadonlySet<string>;
}

/** Finds the head among outputs with all their axes; or says why it is not there. */
export function findHead(
  { head: settings }: Pick<DetectionTask, 'head'>,
  outputs: readonly OutputShape[],
  context: HeadContext,
): FoundHead | Misfit {
  const head = heads[settings.kind] as Head;
  const unbatched = head.unbatched?.(settings, outputs) ?? new Set<string>();
  const shapes = outputs.map(({ name, dims }) => ({ name, dims: unbatched.has(name) ? dims : dims.slice(1) }));
  const bound = head.bind(settings, shapes, context);
  if (isMisfit(bound)) {
    // Shapes in messages are the whole ones.
    const meant = outputs.find(({ name }) => name === bound.output?.name);
    return { ...bound, ...(meant === undefined ? {} : { output: meant }) };
  }
  return { bound, unbatched };
}

/**
 * As {@link findHead} for the outputs of `count` samples.
 *
 * @throws MetricError where the head is not there, or an output is not of so many samples
 */
export function requireHead(
  task: Pick<DetectionTask, 'head'>,
  outputs: readonly OutputTensor[],
  count: number,
  context: HeadContext,
): FoundHead {
  const found = findHead(task, outputs, context);
  if ('advice' in found) throw new MetricError(misfitText(found.output ?? outputs[0]!, found));
  for (const { name, dims } of outputs) {
    if (found.unbatched.has(name) || dims[0] === count) continue;
    throw new MetricError(
      `Expected output "${name}" to have a row for each of ${count} samples, got [${dims.join(', ')}]`,
    );
  }
  return found;
}

/** The outputs of one sample of a batch. */
export function outputsOf(
  outputs: readonly OutputTensor[],
  count: number,
  index: number,
  unbatched: ReadonlySet<string>,
): readonly HeadOutput[] {
  return outputs.map(({ name, data, dims }) => {
    if (unbatched.has(name)) return { name, data, dims };
    const size = data.length / count;
    return { name, data: data.subarray(index * size, (index + 1) * size), dims: dims.slice(1) };
  });
}
