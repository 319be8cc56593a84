import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { SessionSettings } from './session.js';

/** A model in the form in which it is run, and how. */
export interface Runnable {
  readonly model: OnnxModel;
  readonly settings: SessionSettings;
}
