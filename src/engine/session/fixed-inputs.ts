import { createHash } from 'node:crypto';
import type { DataSource } from '../../formats/data-source.js';
import { foldConditions } from '../../onnx/folding/fold-conditions.js';
import type { FixedInputs } from '../../onnx/folding/known-values.js';
import type { ModelFile } from './model-file.js';

/** The inputs that all sources give one and the same `value`, in the order of their names. */
export function fixedInputs(sources: readonly DataSource[]): FixedInputs {
  const [first, ...others] = sources.map(({ inputs = {} }) => inputs);
  const shared = Object.entries(first ?? {}).filter(
    ([name, { value }]) => value !== null && others.every((inputs) => inputs[name]?.value === value),
  );
  shared.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(shared.map(([name, { value }]) => [name, Number(value)]));
}

/**
 * The model of a file as an experiment runs it: of every If whose condition follows from constants
 * and the fixed inputs the branch that is taken. Such a model has a hash of its own, made of the
 * file's and the inputs'; any other is the file's.
 */
export function withFixedInputs(file: ModelFile, fixed: FixedInputs): ModelFile {
  const model = foldConditions(file.model, fixed);
  if (model === file.model) return file;
  const sha256 = createHash('sha256')
    .update(JSON.stringify(['conditions', file.sha256, fixed]))
    .digest('hex');
  return { ...file, model, sha256 };
}
