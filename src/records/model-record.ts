import type { GraphOutline } from '../onnx/graph-outline.js';
import type { LayerOp } from '../onnx/layers/layer-op.js';

/** A model as its file has it, with the layers that can be quantized or smoothed. */
export interface ModelRecord {
  readonly sha256: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly opset: number;
  /** Float32 numbers in initializers and Constant nodes. */
  readonly parameters: number;
  /**
   * Float types of the file that are computed in float32, e.g. `float16`; null or absent: all are
   * float32.
   */
  readonly storedType?: string | null;
  readonly layers: readonly LayerRecord[];
  /** As it is quantized, with BatchNormalization folded. */
  readonly graph: GraphOutline;
}

/** A layer of a model. Every other record names a layer by its `name`. */
export interface LayerRecord {
  readonly position: number;
  readonly name: string;
  readonly op: LayerOp;
  readonly inputTensor: string;
  readonly outputTensor: string;
  readonly weightShape: readonly number[];
  readonly groups: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
  /** Name of the BatchNormalization node folded into the layer, or null. */
  readonly batchNorm: string | null;
  /** Why the layer can't be quantized, or null. */
  readonly unsupported: string | null;
  /** Numbers of weight and bias; null for an unsupported layer. */
  readonly parameters?: number | null;
  /** `[inputChannels]` each; null for an unsupported layer. */
  readonly weightAbsmax: Float64Array | null;
  readonly weightAbsmaxView: Float64Array | null;
}
