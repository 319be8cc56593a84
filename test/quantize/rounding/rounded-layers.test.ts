import { describe, expect, it } from 'vitest';
import { readFloatTensor } from '../../../src/onnx/tensor.js';
import { deployableModel } from '../../../src/quantize/graph/deployable-model.js';
import { simulatedModel } from '../../../src/quantize/graph/simulated-model.js';
import { prepareLayers, prepareModel, type Preparation } from '../../../src/quantize/prepare-layers.js';
import { quantizedIntegers } from '../../../src/quantize/quantizers/quantized-integers.js';
import { restoreModel } from '../../../src/quantize/restore-layers.js';
import { roundedWeightRecords } from '../../../src/quantize/rounding/rounded-weights.js';
import type { LayerMoments } from '../../../src/records/moments-record.js';
import { observeDirectly } from '../../calibrate/observe-directly.js';
import { layersOf } from '../../onnx/build-model.js';
import { runOnX } from '../../onnx/run-model.js';
import { inputOfKind, layerKinds, modelOfKind } from '../../smooth/layer-kinds.js';
import { preparation } from '../preparations.js';
import { storedLayer } from '../stored-layers.js';
import { randomMoments } from './random-problems.js';

function rounding(bits: number, alpha: number | null, moments: ReadonlyMap<string, LayerMoments>): Preparation {
  const plain = preparation(bits, alpha);
  const weight = { ...plain.quantization.weight, calibrator: 'hessian', rounding: 'gptq-descent' } as const;
  return { ...plain, quantization: { ...plain.quantization, weight }, moments };
}

describe.each(layerKinds)('$title', (kind) => {
  const model = modelOfKind(kind, 1);
  const layers = layersOf(model);
  const x = inputOfKind(kind, 2);
  const { moments } = randomMoments(layers[0]!.layout, { seed: 4 });
  const byLayer = new Map([['layer', { ...moments, layer: 'layer' }]]);

  it.each([null, 0.5])('is exported with the integers that were rounded, alpha %s', async (alpha) => {
    const statistics = await observeDirectly(model, layers, x);
    const how = rounding(3, alpha, byLayer);
    const prepared = prepareModel(model, layers, statistics, how);
    const stored = prepared.layers.map((layer) => storedLayer(layer, statistics, how));
    // No data and no moments, as in an export.
    const restored = restoreModel(model, stored, 'hessian');
    expect(restored.layers.map(({ weight }) => weight)).toEqual(prepared.layers.map(({ weight }) => weight));
    const written = deployableModel(restored, 'simulated');
    const [integers] = restored.layers.map(quantizedIntegers);
    if (integers !== null) {
      const bytes = written.index.initializers.get('quantsweep/layer/weight/quantized')!.rawData;
      expect([...new Int8Array(new Uint8Array(bytes).buffer)]).toEqual([...integers!.values]);
    }
    const [simulated, deployed] = [await runOnX(simulatedModel(prepared), x), await runOnX(written, x)];
    const largest = simulated.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (const [index, value] of deployed.data.entries()) {
      expect(Math.abs(value - simulated.data[index]!)).toBeLessThanOrEqual(1e-5 * largest);
    }
  });
});

const conv = layerKinds.find(({ title }) => title === 'strided and padded Conv')!;

describe('prepareLayers with moments', () => {
  const model = modelOfKind(conv, 1);
  const layers = layersOf(model);
  const { moments } = randomMoments(layers[0]!.layout, { seed: 4 });

  it('rounds other integers than the nearest, which are recorded', async () => {
    const statistics = await observeDirectly(model, layers, inputOfKind(conv, 2));
    const how = rounding(3, null, new Map([['layer', moments]]));
    const prepared = prepareLayers(layers, statistics, how);
    const [record] = roundedWeightRecords(prepared);
    expect(record!.levels).toBeInstanceOf(Int8Array);
    expect(record!.levels).toHaveLength(readFloatTensor(layers[0]!.weight).length);
  });

  it('rounds a layer without moments to the nearest, and records nothing of it', async () => {
    const statistics = await observeDirectly(model, layers, inputOfKind(conv, 2));
    const prepared = prepareLayers(layers, statistics, rounding(3, null, new Map()));
    expect(roundedWeightRecords(prepared)).toEqual([]);
    expect(prepared[0]!.weight).toEqual(prepareLayers(layers, statistics, preparation(3, null))[0]!.weight);
  });

  it('does not go on without the moments that settings ask for', async () => {
    const statistics = await observeDirectly(model, layers, inputOfKind(conv, 2));
    const { moments: _, ...how } = rounding(3, null, new Map());
    expect(() => prepareLayers(layers, statistics, how)).toThrow(/came without them/);
  });
});
