import { createHash } from 'node:crypto';
import type { FixedInputs } from '../../onnx/folding/known-values.js';
import { ModelError } from '../../onnx/model-error.js';
import { float32Form, type Float32Form } from '../../onnx/types/float32-form.js';
import { withFixedInputs } from './fixed-inputs.js';
import type { ModelFile } from './model-file.js';

/** What of a model was of another float type. */
export type ComputedInFloat32 = Pick<Float32Form, 'types' | 'parts'>;

/** A model as an experiment runs it. */
export interface SweptModel extends ModelFile {
  /** Null where all its floats are float32 in the file. */
  readonly float32: ComputedInFloat32 | null;
  /** True where branches were taken for conditions that follow. */
  readonly isFolded: boolean;
}

/**
 * The model of a file as an experiment runs it: in float32 ({@link float32Form}), with the branches
 * that constants and the fixed inputs decide on ({@link withFixedInputs}). Each of the two that
 * changes the model gives it a hash of its own, made of the one before; any other is the file's.
 *
 * @throws ModelError naming the file for what has no float32 form
 */
export function sweptModel(file: ModelFile, fixed: FixedInputs): SweptModel {
  const { file: inFloat32, float32 } = withFloat32(file);
  const folded = withFixedInputs(inFloat32, fixed);
  return { ...folded, float32, isFolded: folded !== inFloat32 };
}

function withFloat32(file: ModelFile): { readonly file: ModelFile; readonly float32: ComputedInFloat32 | null } {
  const { model, types, parts } = float32FormOf(file);
  if (types.length === 0) return { file, float32: null };
  const sha256 = createHash('sha256')
    .update(JSON.stringify(['float32', file.sha256]))
    .digest('hex');
  return { file: { ...file, model, sha256 }, float32: { types, parts } };
}

function float32FormOf({ path, model }: ModelFile): Float32Form {
  try {
    return float32Form(model);
  } catch (cause) {
    if (cause instanceof ModelError) throw new ModelError(`${path}: ${cause.message}`, { cause });
    throw cause;
  }
}
