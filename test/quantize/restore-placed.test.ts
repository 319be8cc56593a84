import { describe, expect, it } from 'vitest';
import { intAttribute } from '../../src/onnx/node.js';
import { encodeModel } from '../../src/onnx/onnx-model.js';
import { deployableModel } from '../../src/quantize/graph/deployable-model.js';
import { storedPlacement } from '../../src/export/stored-placement.js';
import { restoreModel } from '../../src/quantize/restore-layers.js';
import { tensorQuantizerRecords } from '../../src/quantize/tensor-quantizer-records.js';
import type { PreparedModel } from '../../src/quantize/prepare-layers.js';
import { targets, type PlacingTargetName } from '../../src/targets/registry.js';
import { observeDirectly } from '../calibrate/observe-directly.js';
import { buildModel, layersOf, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { preparedForTarget } from './graph/prepared-for-target.js';
import { preparation } from './preparations.js';
import { storedLayer } from './stored-layers.js';

const x = { data: randomFloats(1, 16 * 36, (index) => 1 + (index % 7)), dims: [1, 16, 6, 6] };

const base = buildModel({
  nodes: [
    node('Conv', ['x', 'w', 'b'], 'c1'),
    node('Relu', ['c1'], 'r'),
    node('Conv', ['r', 'w2', 'b2'], 'c2'),
    node('Concat', ['c2', 'x'], 'j', [intAttribute('axis', 1)]),
    node('Conv', ['j', 'v'], 'y'),
  ],
  inputs: [value('x', [1, 16, 6, 6])],
  initializers: [
    tensor('w', [16, 16, 1, 1], randomFloats(2, 256)),
    tensor('b', [16], randomFloats(4, 16)),
    tensor('w2', [16, 16, 1, 1], randomFloats(5, 256)),
    tensor('b2', [16], randomFloats(6, 16)),
    tensor('v', [16, 32, 1, 1], randomFloats(3, 512)),
  ],
});

const names = Object.keys(targets) as PlacingTargetName[];

/** What a trial of the target stored, and the model that it had. */
async function stored(target: PlacingTargetName, isSmoothed: boolean, float: readonly string[] = []) {
  const smoothing = isSmoothed
    ? ({ mode: 'static', alpha: 0.5, absmax: 'channel', apply: 'requantize' } as const)
    : preparation(8, null).smoothing;
  const others = float.length === 0;
  const prepared = await preparedForTarget(base, target, x, float, smoothing, others);
  const statistics = await observeDirectly(base, layersOf(base), x);
  const { quantization, bits } = preparation(8, null);
  const { activations, weights } = targets[target];
  const how = {
    bits,
    quantization: {
      ...quantization,
      activation: { ...quantization.activation, scheme: activations.schemes[0] },
      weight: { ...quantization.weight, narrowRange: weights.narrowRange },
    },
  };
  return {
    prepared,
    layers: prepared.layers.map((layer) => storedLayer(layer, statistics, how)),
    placement: { target, tensors: tensorQuantizerRecords(prepared), narrowRange: false, others },
  };
}

function bytesOf(prepared: PreparedModel): Uint8Array {
  return encodeModel(deployableModel(prepared, 'simulated'));
}

describe('a trial of a target, restored from what it stored', () => {
  it.each(names.flatMap((name) => [[name, false] as const, [name, true] as const]))(
    'gives the file that it had: %s, smoothed: %s',
    async (target, isSmoothed) => {
      const { prepared, layers, placement } = await stored(target, isSmoothed);
      expect(prepared.layers).toHaveLength(3);
      expect(prepared.layers.some(({ apply }) => apply !== 'none')).toBe(isSmoothed);
      const restored = restoreModel(base, layers, 'max', placement);
      expect(restored.placed!.quantizers).toEqual(prepared.placed!.quantizers);
      expect(Buffer.compare(bytesOf(restored), bytesOf(prepared))).toBe(0);
    },
  );

  it.each(names)('gives the file of a trial that quantized one layer alone: %s', async (target) => {
    const { prepared, layers, placement } = await stored(target, false, ['c1', 'y']);
    expect(prepared.layers.map(({ layer }) => layer.name)).toEqual(['c2']);
    const restored = restoreModel(base, layers, 'max', placement);
    expect(Buffer.compare(bytesOf(restored), bytesOf(prepared))).toBe(0);
  });

  it('knows by the settings whether others than layers were quantized', () => {
    const placementOf = (settings: unknown) => storedPlacement({ settings: JSON.stringify(settings), tensors: [] });
    const target = 'tensorrt';
    expect(placementOf({ layers: { sensitivity: 'only' } })).toBeNull();
    expect(placementOf({ target, layers: { sensitivity: 'only' } })).toMatchObject({ target, others: false });
    expect(placementOf({ target, layers: { sensitivity: 'allBut' } })).toMatchObject({ others: true });
    expect(placementOf({ target })).toMatchObject({ others: true, narrowRange: false });
    expect(() => placementOf({ target: 'abacus' })).toThrow(/Expected target onnxruntime-cpu, .*, got "abacus"/);
  });

  it('says which quantizer the model has no place for', async () => {
    const { layers, placement } = await stored('onnxruntime-cpu', false);
    const tensors = placement.tensors.map((record) => (record.tensor === 'r' ? { ...record, tensor: 'gone' } : record));
    expect(() => restoreModel(base, layers, 'max', { ...placement, tensors })).toThrow(
      /with tensor "gone" in group 1, got tensor "r" in group 1 from the model/,
    );
  });

  it('says which scale does not follow from its range', async () => {
    const { layers, placement } = await stored('onnxruntime-cpu', false);
    const tensors = placement.tensors.map((record) => (record.tensor === 'r' ? { ...record, scale: 3 } : record));
    expect(() => restoreModel(base, layers, 'max', { ...placement, tensors })).toThrow(/with scale 3 of tensor "r"/);
  });
});
