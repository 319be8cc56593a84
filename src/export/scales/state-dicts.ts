import type { LayerScales, QuantizerScales } from './trial-scales.js';

/** A float32 tensor, row-major; `[]` is a number. */
export interface ScaleTensor {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Tensors by the key that a toolkit's `state_dict` has for them. */
export type StateDict = Readonly<Record<string, ScaleTensor>>;

/** What toolkits for PyTorch load, and what they have no place for. */
export interface StateDicts {
  /** NVIDIA's pytorch-quantization: `MODULE._input_quantizer._amax`, `._weight_quantizer._amax`. */
  readonly pytorchQuantization: StateDict;
  /**
   * NVIDIA's Model-Optimizer: `MODULE.input_quantizer._amax`, `.weight_quantizer._amax` and, where
   * the layer is smoothed, `.input_quantizer._pre_quant_scale`, which is 1/s.
   */
  readonly modelOptimizer: StateDict;
  /** Quantizers that are in neither, with the reason. */
  readonly leftOut: readonly { readonly module: string; readonly quantizer: string; readonly reason: string }[];
}

/**
 * The scales of layers as `state_dict` entries. Shapes are PyTorch's: a range per output channel is
 * `[O, 1, ...]` (`[1, O, 1, ...]` for ConvTranspose, whose weight is `[I, O, ...]`), also where
 * ONNX stores a Linear's weight transposed; `_pre_quant_scale` broadcasts over the input: `[Cin]`
 * for Linear, `[1, Cin, 1, ...]` for convolutions.
 */
export function stateDicts(layers: readonly LayerScales[]): StateDicts {
  const pytorchQuantization: Record<string, ScaleTensor> = {};
  const modelOptimizer: Record<string, ScaleTensor> = {};
  const leftOut: { module: string; quantizer: string; reason: string }[] = [];
  for (const layer of layers) {
    const { module, smoothing } = layer;
    for (const quantizer of ['input', 'weight'] as const) {
      const reason = obstacle(layer, quantizer);
      if (reason !== null) {
        leftOut.push({ module, quantizer, reason });
        continue;
      }
      const tensor = amaxTensor(layer, layer[quantizer]);
      pytorchQuantization[`${module}._${quantizer}_quantizer._amax`] = tensor;
      modelOptimizer[`${module}.${quantizer}_quantizer._amax`] = tensor;
    }
    if (smoothing.s.some((s) => s !== 1)) {
      modelOptimizer[`${module}.input_quantizer._pre_quant_scale`] = {
        shape: isConvolution(layer) ? [1, smoothing.s.length, ...trailingOnes(layer)] : [smoothing.s.length],
        values: smoothing.s.map((s) => 1 / s),
      };
    }
  }
  return { pytorchQuantization, modelOptimizer, leftOut };
}

function obstacle(layer: LayerScales, quantizer: 'input' | 'weight'): string | null {
  const { scheme, granularity } = layer[quantizer];
  if (scheme === 'asymmetric') return 'it has a zero point';
  if (granularity === 'channel' && layer.op === 'ConvTranspose' && layer.groups > 1) {
    return 'no axis of the weight of a grouped ConvTranspose has its ranges';
  }
  return null;
}

function amaxTensor(layer: LayerScales, { amax }: QuantizerScales): ScaleTensor {
  if (typeof amax === 'number') return { shape: [], values: [amax] };
  const ones = isConvolution(layer) ? trailingOnes(layer) : [];
  const shape = layer.op === 'ConvTranspose' ? [1, amax.length, ...ones] : [amax.length, 1, ...ones];
  return { shape, values: amax };
}

function isConvolution({ op }: LayerScales): boolean {
  return op === 'Conv' || op === 'ConvTranspose';
}

/** A 1 for each axis of the kernel. */
function trailingOnes({ weightShape }: LayerScales): readonly number[] {
  return weightShape.slice(2).map(() => 1);
}
