import { MetricError } from '../metric-error.js';
import type { OutputTensor } from '../metric.js';
import type { Misfit, OutputShape } from '../output-shape.js';
import type { StepLayout } from './decode-ctc.js';
import type { SequenceTask } from './sequence-settings.js';

/** Why an output can't be steps of classes; null where it may be. */
export function stepsMisfit({ layout }: Pick<SequenceTask, 'layout'>, dims: OutputShape['dims']): Misfit | null {
  if (dims.length === 3) return null;
  const form = layout.split('').join(', ');
  return {
    expected: `of shape [${form}], as task sequence decodes it (task.layout)`,
    what: dims.length === 2 ? ', one answer for each sample' : '',
    advice:
      dims.length === 2
        ? 'Task classification scores [N, classes]. A decoder that gives class numbers has done without CTC: use task module.'
        : 'N: samples, T: steps, C: classes with the blank.',
  };
}

/** The classes that a shape has; null where it is not known. */
export function classesOf({ layout }: Pick<SequenceTask, 'layout'>, dims: OutputShape['dims']): number | null {
  return dims[layout.indexOf('C')] ?? null;
}

/**
 * Where steps and classes of a sample lie in its part of an output that has the samples first.
 *
 * @throws MetricError when there are not as many classes as the alphabet has, with the blank
 */
export function stepLayout(
  { layout }: Pick<SequenceTask, 'layout'>,
  { dims }: OutputTensor,
  classes: number,
): StepLayout {
  const [, first, second] = dims as readonly [number, number, number];
  const [steps, found] = layout === 'NCT' ? [second, first] : [first, second];
  if (found !== classes) throw new MetricError(wrongClasses(found, classes));
  return layout === 'NCT'
    ? { steps, classes, stepStride: 1, classStride: steps }
    : { steps, classes, stepStride: classes, classStride: 1 };
}

export function wrongClasses(found: number, classes: number): string {
  const advice =
    found === classes + 1
      ? " One more is often the space that PaddleOCR's use_space_char adds: task.appendSpace: true."
      : ' Check task.alphabet or task.alphabetFile, and task.layout.';
  return `Expected ${classes} classes in the output, the ${classes - 1} characters of the alphabet and the blank, got ${found}.${advice}`;
}
