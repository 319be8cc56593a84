import { ModelError } from '../onnx/model-error.js';

/** A setting of `layers` that does not fit the model's layers. */
export class LayerSettingError extends ModelError {
  /** Inside `layers`, e.g. `rules`. */
  readonly setting: string;

  constructor(setting: string, message: string) {
    super(message);
    this.setting = setting;
  }
}
