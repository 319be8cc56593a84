import type { OnnxModel } from '../../../src/onnx/onnx-model.js';
import { firstOutput } from '../../../src/onnx/graph-index.js';
import type { SmoothingConvolution } from '../../../src/smooth/smooth-layers.js';
import type { PlacedQuantizer } from '../../../src/targets/placement.js';
import { targets, type PlacingTargetName } from '../../../src/targets/registry.js';
import type { TensorQuantizer } from '../../../src/quantize/placed-model.js';
import { prepareLayers, type PreparedModel } from '../../../src/quantize/prepare-layers.js';
import {
  asymmetricQuantizer,
  symmetricQuantizer,
  unsignedQuantizer,
  type Quantizer,
} from '../../../src/quantize/quantizers/quantizer.js';
import { observeDirectly } from '../../calibrate/observe-directly.js';
import { layersOf } from '../../onnx/build-model.js';
import type { Floats } from '../../onnx/run-model.js';
import { preparation } from '../preparations.js';

/** A quantizer of a tensor, as a test writes it. */
export interface HandQuantizer {
  readonly range: readonly [low: number, high: number];
  readonly scheme?: 'asymmetric' | 'signed' | 'unsigned';
  /** The tensor whose scale it shares. */
  readonly tied?: string;
  /** First outputs of the nodes that read it in float. */
  readonly except?: readonly string[];
  readonly divisor?: Float32Array;
}

/** What a test may say beyond where quantizers are. */
export interface HandPlacement {
  readonly granularity?: 'channel' | 'tensor';
  /** Names of layers that stay in float. */
  readonly float?: readonly string[];
  readonly convolutions?: readonly SmoothingConvolution[];
  readonly biasCorrection?: Readonly<Record<string, Float32Array>>;
}

/** A model prepared for a target with quantizers on the given tensors, by hand. */
export async function handPlaced(
  base: OnnxModel,
  target: PlacingTargetName,
  tensors: Readonly<Record<string, HandQuantizer>>,
  x: Floats,
  { granularity = 'channel', float = [], convolutions = [], biasCorrection = {} }: HandPlacement = {},
): Promise<PreparedModel> {
  const smoothing = new Set(convolutions.map(({ output }) => output));
  const layers = layersOf(base).filter(
    ({ name, outputTensor }) => !float.includes(name) && !smoothing.has(outputTensor),
  );
  const places: PlacedQuantizer[] = [];
  const quantizers: TensorQuantizer[] = [];
  const names = Object.keys(tensors);
  for (const [tensor, { range, scheme, tied, except = [], divisor }] of Object.entries(tensors)) {
    const consumers = base.index.consumers.get(tensor) ?? [];
    places.push({
      tensor,
      readers: consumers
        .map(({ node, index }) => ({ node: firstOutput(node), index }))
        .filter(({ node }) => !except.includes(node)),
      isOutput: base.index.outputs.has(tensor) && target !== 'tensorrt',
      group: names.indexOf(tied ?? tensor),
    });
    quantizers.push({ tensor, quantizer: quantizerOf(range, scheme ?? 'asymmetric'), divisor: divisor ?? null });
  }
  const settings = preparation(8, null, granularity);
  const { weight } = settings.quantization;
  const prepared = prepareLayers(layers, await observeDirectly(base, layers, x), {
    ...settings,
    quantization: {
      ...settings.quantization,
      weight: { ...weight, narrowRange: targets[target].weights.narrowRange },
    },
  });
  return {
    base,
    layers: prepared.map((layer) => ({ ...layer, biasCorrection: biasCorrection[layer.layer.name] ?? null })),
    placed: {
      target,
      placement: { quantizers: places, groups: [], nodes: [] },
      quantizers,
      convolutions,
    },
  };
}

function quantizerOf([low, high]: readonly [number, number], scheme: HandQuantizer['scheme']): Quantizer {
  if (scheme === 'signed') return symmetricQuantizer(Math.max(-low, high), 8);
  if (scheme === 'unsigned') return unsignedQuantizer(high, 8);
  return asymmetricQuantizer(low, high, 8);
}
