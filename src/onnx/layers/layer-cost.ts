import { constantTensor } from '../constants.js';
import type { OnnxModel } from '../onnx-model.js';
import { elementCount, tensorShape } from '../tensor.js';
import type { Layer } from './layers.js';

/** Shapes of a layer's tensors in one run. */
export interface LayerShapes {
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** Samples of the run. */
  readonly rows: number;
}

/**
 * Multiplications with their additions of a layer for one sample. Each number of a Conv's, Gemm's
 * or MatMul's output takes `inputs per group * kernel size` of them, zeros of padding counted; a
 * ConvTranspose takes `outputs per group * kernel size` for each number of its input. Adding the
 * bias is not counted.
 *
 * @returns null where the tensors do not hold the same for each sample
 */
export function layerMacs({ op, layout }: Layer, { input, output, rows }: LayerShapes): number | null {
  const { inputsPerGroup, outputsPerGroup, kernelSize } = layout;
  const [numbers, each] =
    op === 'ConvTranspose'
      ? [elementCount([...input]) / rows, outputsPerGroup * kernelSize]
      : [elementCount([...output]) / rows, inputsPerGroup * kernelSize];
  return Number.isInteger(numbers) ? numbers * each : null;
}

/** Numbers of a layer's weight and of its constant bias. */
export function layerParameters(model: OnnxModel, { weightShape, biasIndex, outputTensor }: Layer): number {
  const name = biasIndex === null ? '' : (model.index.producers.get(outputTensor)?.input[biasIndex] ?? '');
  const bias = name === '' ? null : constantTensor(model, name);
  return elementCount([...weightShape]) + (bias === null ? 0 : elementCount([...tensorShape(bias)]));
}
