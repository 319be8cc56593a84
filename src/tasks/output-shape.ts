import { printableName } from '../text/printable.js';

/** Shape of an output for so many samples; null where a length is not known. */
export interface OutputShape {
  readonly name: string;
  readonly dims: readonly (number | null)[];
}

/** Why an output of a shape can't be scored. */
export interface Misfit {
  readonly expected: string;
  /** What such a shape usually is, as `, a map`; may be empty. */
  readonly what: string;
  readonly advice: string;
  /** The output that does not fit; absent: the first. */
  readonly output?: OutputShape;
}

/** Advice where no other task is nearer. */
export const ANY_OUTPUT =
  "Task fidelity scores any output by its likeness to FP32's; a metric of your own can be task module or command (docs/CUSTOM.md).";

/** @param other an output of the model that fits */
export function misfitText({ name, dims }: OutputShape, problem: Misfit, other?: OutputShape): string {
  const hint =
    other === undefined
      ? problem.advice
      : `Output "${printableName(other.name, 200)}" is [${shapeText(other.dims)}]: model.output takes it.`;
  return `Expected output "${printableName(name, 200)}" to be ${problem.expected}, got [${shapeText(dims)}]${problem.what}. ${hint}`;
}

/** Why the first axis of an output is not so many samples; null where it is, or is not known. */
export function batchMisfit(form: string, dims: OutputShape['dims'], rows: number | null): Misfit | null {
  const [batch] = dims;
  const isWrong = batch === undefined || (rows !== null && batch !== null && batch !== rows);
  return isWrong ? rowForEachSample(form, dims, rows) : null;
}

/** What is wrong where the first axis of an output is not the samples. */
export function rowForEachSample(form: string, dims: OutputShape['dims'], rows: number | null): Misfit {
  const samples = rows === null ? '' : ` for ${rows} ${rows === 1 ? 'sample' : 'samples'}`;
  const isForOne = dims[0] === 1 && rows !== null && rows > 1;
  return {
    expected: `of shape ${form}, a row for each sample`,
    what: samples,
    advice: isForOne
      ? 'The model takes one sample at a time: set data.evaluation.batchSize: 1 and data.calibration.batchSize: 1.'
      : 'Its first axis must be the samples: choose another output as model.output, or export the model with the batch first.',
  };
}

/** For tasks that any output `[N, ...]` fits. */
export function anyOutputMisfit(dims: OutputShape['dims'], { rows }: { readonly rows: number | null }): Misfit | null {
  return (
    batchMisfit('[N, ...]', dims, rows) ?? (dims.slice(1).includes(0) ? rowForEachSample('[N, ...]', dims, rows) : null)
  );
}

function shapeText(dims: OutputShape['dims']): string {
  return dims.map((length) => length ?? 'any').join(', ');
}
