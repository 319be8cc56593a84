import type { ModelSettings } from '../../experiment/sections/settings.js';
import type { WantedOutputs } from '../../onnx/evaluated-outputs.js';
import type { FixedInputs } from '../../onnx/folding/known-values.js';

/** The model that a job works on; a file whose hash is another one is refused. */
export interface JobModel extends ModelSettings {
  /**
   * Of the file, or, where conditions follow from fixed inputs, of the model without them: see
   * `withFixedInputs`.
   */
  readonly sha256: string;
  /** Inputs that every run gets the same number in; absent: none. */
  readonly fixed?: FixedInputs;
  /** What the task takes of its outputs; absent where the job is of no task. */
  readonly wanted?: WantedOutputs;
}
