import { ModelError } from '../onnx/model-error.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import { layerPrefix } from '../onnx/own-names.js';
import type { PreparedLayer } from '../quantize/prepare-layers.js';
import { dividesInput } from '../quantize/graph/qdq-graph.js';

/** What TensorRT 8.6 writes itself; `trtexec --calib` expects this algorithm. */
const HEADER = 'TRT-8601-EntropyCalibration2';

/**
 * TensorRT's text calibration cache: the header, then a line `tensor: scale` for every quantized
 * input, the scale `amax / 127` as the eight hex digits of its big-endian float32. A smoothed
 * layer's tensor is the smoothed input, so the table belongs to the smoothed float model
 * (`smoothedModel`); without smoothing to the model as it was.
 *
 * The cache holds one symmetric 8-bit scale a tensor and nothing about weights, other bits, or
 * which layers stay float.
 *
 * @param base the layers' model, whose free prefix the smoothed inputs have
 * @throws ModelError for an input quantizer or a name that a line can't hold, naming the layer or
 *   tensor
 */
export function calibrationTable(
  layers: readonly PreparedLayer[],
  base: Pick<OnnxModel, 'ownPrefix'> = { ownPrefix: 'quantsweep/' },
): string {
  const scales = new Map<string, { readonly scale: number; readonly layer: string }>();
  for (const prepared of layers) {
    const { layer, input } = prepared;
    if (input.bits !== 8 || !input.signed || input.narrowRange) {
      throw new ModelError(
        `Layer "${layer.name}": expected a signed input quantizer of 8 bits with all levels -128 to 127, got ${input.bits} bits, ${input.signed ? 'signed' : 'unsigned'}, zero point ${input.zeroPoint}, levels ${input.qmin} to ${input.qmax}. TensorRT's calibration table cannot express that; leave out --calibration-table.`,
      );
    }
    const tensor = dividesInput(prepared) ? smoothedInput(base, layer.name) : layer.inputTensor;
    if (/[\r\n]/.test(tensor)) {
      throw new ModelError(
        `Tensor ${JSON.stringify(tensor)}: expected a name without line breaks, which TensorRT's calibration table needs; leave out --calibration-table.`,
      );
    }
    const known = scales.get(tensor);
    if (known !== undefined && known.scale !== input.scale) {
      throw new ModelError(
        `Tensor "${tensor}": expected one scale, got ${known.scale} for layer "${known.layer}" and ${input.scale} for layer "${layer.name}". TensorRT's calibration table holds one scale per tensor.`,
      );
    }
    scales.set(tensor, { scale: input.scale, layer: layer.name });
  }
  return [HEADER, ...Array.from(scales, ([tensor, { scale }]) => `${tensor}: ${float32Hex(scale)}`), ''].join('\n');
}

/** As `smoothedModel` names it. */
function smoothedInput(base: Pick<OnnxModel, 'ownPrefix'>, layer: string): string {
  return `${layerPrefix(base, layer)}/smoothed_input`;
}

function float32Hex(value: number): string {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0).toString(16).padStart(8, '0');
}
