import {
  profileKernels,
  Session,
  type FloatTensor,
  type SessionSettings,
} from '../../../src/engine/session/session.js';
import { removeUnread } from '../../../src/onnx/edits/remove-unread.js';
import { encodeModel } from '../../../src/onnx/onnx-model.js';
import type { NodeProto, TensorProto } from '../../../src/onnx/proto/onnx_pb.js';
import { readFloatTensor } from '../../../src/onnx/tensor.js';
import { placedQdqModel } from '../../../src/quantize/graph/placed-qdq-graph.js';
import { twinModel } from '../../../src/quantize/graph/twin-model.js';
import type { TensorQuantizer } from '../../../src/quantize/placed-model.js';
import type { PreparedLayer, PreparedModel } from '../../../src/quantize/prepare-layers.js';
import { fakeQuantizeWeight } from '../../../src/quantize/quantizers/fake-quantize-weight.js';
import type { Quantizer } from '../../../src/quantize/quantizers/quantizer.js';
import { noSmoothing } from '../../../src/smooth/smoothing-factors.js';
import { createPrng } from '../../../src/statistics/prng.js';
import type { PlacingTargetName } from '../../../src/targets/registry.js';
import { buildModel, layersOf, value } from '../../onnx/build-model.js';
import { plainWeight } from '../preparations.js';

/** Scale and zero point of one tensor's uint8 quantizer. */
export type Uint8 = readonly [scale: number, zeroPoint: number];

/** A model from `x` to its outputs whose named tensors are quantized for all that read them. */
export interface TwinCase {
  readonly nodes: readonly NodeProto[];
  readonly inputShape: readonly number[];
  readonly outputs?: readonly string[];
  readonly initializers?: readonly TensorProto[];
  readonly quantizers: Readonly<Record<string, Uint8>>;
  /** `[C]` by tensor, see `TensorQuantizer.divisor`. */
  readonly divisors?: Readonly<Record<string, readonly number[]>>;
  readonly granularity?: 'channel' | 'tensor';
  readonly opset?: number;
  readonly target?: PlacingTargetName;
  /** By output tensor of a layer. */
  readonly corrections?: Readonly<Record<string, readonly number[]>>;
}

export const oneThread: SessionSettings = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: 'all' };

export function prepareCase(given: TwinCase): PreparedModel {
  const { nodes, inputShape, outputs = ['y'], initializers = [], opset } = given;
  const base = buildModel({
    nodes,
    inputs: [value('x', inputShape)],
    outputs,
    initializers,
    ...(opset === undefined ? {} : { opset }),
  });
  const places = Object.keys(given.quantizers);
  const quantizers = places.map((tensor): TensorQuantizer => {
    const divisor = given.divisors?.[tensor];
    return {
      tensor,
      quantizer: uint8Quantizer(given.quantizers[tensor]!),
      divisor: divisor === undefined ? null : Float32Array.from(divisor),
    };
  });
  const layers = layersOf(base).map((layer): PreparedLayer => {
    const smoothedWeight = readFloatTensor(layer.weight);
    const input = quantizers.find(({ tensor }) => tensor === layer.inputTensor)?.quantizer;
    const correction = given.corrections?.[layer.outputTensor];
    return {
      layer,
      original: layer,
      alpha: null,
      factors: noSmoothing(layer.inputChannels),
      apply: 'none',
      fallbackReason: null,
      outputFactors: null,
      smoothedWeight,
      undividedWeight: null,
      input: input ?? uint8Quantizer([1, 0]),
      divisor: new Float32Array(layer.inputChannels).fill(input?.scale ?? 1),
      weight: fakeQuantizeWeight(smoothedWeight, layer.layout, plainWeight(8, given.granularity)),
      biasCorrection: correction === undefined ? null : Float32Array.from(correction),
      outputBound: 1,
    };
  });
  return {
    base,
    layers,
    placed: {
      target: given.target ?? 'onnxruntime-cpu',
      placement: {
        quantizers: places.map((tensor, group) => ({
          tensor,
          readers: (base.index.consumers.get(tensor) ?? []).map(({ node, index }) => ({
            node: node.output[0]!,
            index,
          })),
          isOutput: base.index.outputs.has(tensor),
          group,
        })),
        groups: places.map((tensor) => ({ observed: [tensor], range: null })),
        nodes: [],
      },
      quantizers,
      convolutions: [],
    },
  };
}

export function uint8Quantizer([scale, zeroPoint]: Uint8): Quantizer {
  const low = -zeroPoint * scale;
  const amax = (255 - zeroPoint) * scale;
  return {
    bits: 8,
    signed: false,
    amax,
    low,
    scale: Math.fround(scale),
    zeroPoint,
    qmin: 0,
    qmax: 255,
    narrowRange: false,
  };
}

/** What the twin and the deployed model make of one batch, by output. */
export interface Compared {
  readonly outputs: Readonly<Record<string, { readonly twin: FloatTensor; readonly deployed: FloatTensor }>>;
  /** Values that differ, of all outputs. */
  readonly differing: number;
  readonly values: number;
  /** Different values of the deployed outputs: a case whose outputs are all alike shows nothing. */
  readonly distinct: number;
  /** Operators on integers that ran. */
  readonly kernels: Readonly<Record<string, number>>;
}

/**
 * Runs both as they are run: the deployed model by the runtime's defaults, the twin without
 * fusing.
 */
export async function compareTwin(given: TwinCase, batch: FloatTensor): Promise<Compared> {
  const prepared = prepareCase(given);
  return comparePrepared(prepared, batch);
}

export async function comparePrepared(prepared: PreparedModel, batch: FloatTensor, input = 'x'): Promise<Compared> {
  const fused = { ...oneThread, fuseQuantized: true };
  const deployedModel = encodeModel(removeUnread(placedQdqModel(prepared, {})));
  const deployed = await run(deployedModel, batch, fused, input);
  const twin = await run(encodeModel(removeUnread(twinModel(prepared))), batch, oneThread, input);
  const { integerKernels } = await profileKernels(deployedModel, input, batch, fused);
  const names = Object.keys(deployed);
  let differing = 0;
  let values = 0;
  const distinct = new Set<number>();
  for (const name of names) {
    const [a, b] = [twin[name]!.data, deployed[name]!.data];
    if (a.length !== b.length) throw new Error(`Expected ${b.length} values of ${name}, got ${a.length}.`);
    values += b.length;
    for (const [i, number] of b.entries()) {
      if (a[i] !== number) differing++;
      distinct.add(number);
    }
  }
  const outputs = Object.fromEntries(names.map((name) => [name, { twin: twin[name]!, deployed: deployed[name]! }]));
  return { outputs, differing, values, distinct: distinct.size, kernels: integerKernels };
}

export async function run(
  model: Uint8Array,
  batch: FloatTensor,
  settings: SessionSettings,
  input = 'x',
): Promise<Readonly<Record<string, FloatTensor>>> {
  const session = await Session.create(model, input, settings);
  try {
    return await session.run(batch);
  } finally {
    await session.release();
  }
}

/** Numbers uniform in `[low, high)`. */
export function uniform(count: number, low: number, high: number, seed = 1): Float32Array {
  const prng = createPrng(seed, 0);
  return Float32Array.from({ length: count }, () => low + (prng.nextUint32() / 2 ** 32) * (high - low));
}

export function uniformBatch(dims: readonly number[], low: number, high: number, seed = 1): FloatTensor {
  return {
    dims,
    data: uniform(
      dims.reduce((product, dim) => product * dim, 1),
      low,
      high,
      seed,
    ),
  };
}
