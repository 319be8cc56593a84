import { describe, expect, it } from 'vitest';
import { ModelError } from '../../src/onnx/model-error.js';
import { prepareLayers, type PreparedLayer } from '../../src/quantize/prepare-layers.js';
import { restoreModel, type StoredLayer } from '../../src/quantize/restore-layers.js';
import { observeDirectly } from '../calibrate/observe-directly.js';
import { layersOf } from '../onnx/build-model.js';
import { inputOfKind, layerKinds, modelOfKind } from '../smooth/layer-kinds.js';
import { preparation } from './preparations.js';
import { storedLayer } from './stored-layers.js';

const kind = layerKinds.find((k) => k.title === 'grouped Conv')!;
const model = modelOfKind(kind, 1);
const layers = layersOf(model);

/** A layer prepared as in a trial, and what the trial stores of it. */
async function trial(
  alpha: number | null,
  granularity: 'channel' | 'tensor',
): Promise<{ prepared: PreparedLayer; stored: StoredLayer }> {
  const statistics = await observeDirectly(model, layers, inputOfKind(kind, 2));
  const [prepared] = prepareLayers(layers, statistics, preparation(8, alpha, granularity));
  return { prepared: prepared!, stored: storedLayer(prepared!, statistics) };
}

describe('restoreModel', () => {
  it.each(['channel', 'tensor'] as const)(
    'gives the prepared layer of the trial, weight per %s',
    async (granularity) => {
      for (const alpha of [null, 0.5]) {
        const { prepared, stored } = await trial(alpha, granularity);
        // The bound that graphs of losses are scaled by is of statistics, which are not restored.
        expect(restoreModel(model, [stored], 'max')).toEqual({
          base: model,
          layers: [{ ...prepared, outputBound: 0 }],
        });
      }
    },
  );

  it('refuses a layer that the model does not have', async () => {
    const { stored } = await trial(0.5, 'channel');
    expect(() => restoreModel(model, [{ ...stored, name: 'other' }], 'max')).toThrow(/layer "other"/);
  });

  it('refuses numbers that the model does not give', async () => {
    const { stored } = await trial(0.5, 'channel');
    const amaxChannels = stored.weight.amaxChannels!.map((a, i) => (i === 1 ? a * 2 : a));
    const wrong: readonly [StoredLayer, RegExp][] = [
      [{ ...stored, weight: { ...stored.weight, amaxChannels } }, /"layer".*weight amax \[1\]/],
      [{ ...stored, weight: { ...stored.weight, amaxChannels: null } }, /numbers of weight amax 1, got 6/],
      [{ ...stored, input: { ...stored.input, scale: 1 } }, /input scale 1, got/],
      [{ ...stored, s: [1] }, /numbers of s 1, got 4/],
    ];
    for (const [layer, message] of wrong) {
      expect(() => restoreModel(model, [layer], 'max')).toThrow(ModelError);
      expect(() => restoreModel(model, [layer], 'max')).toThrow(message);
    }
  });

  it('takes the weight ranges of calibrator mse as stored, if they are no wider than the weight', async () => {
    const { stored } = await trial(0.5, 'channel');
    // Channel 1 at half its range; the scale of the row is that of the widest channel.
    const scaled = (factor: number): StoredLayer => {
      const amaxChannels = stored.weight.amaxChannels!.map((a, i) => (i === 1 ? a * factor : a));
      const amax = Math.max(...amaxChannels);
      return { ...stored, weight: { ...stored.weight, amaxChannels, amax, scale: Math.fround(amax / 127) } };
    };
    const { layers: restored } = restoreModel(model, [scaled(0.5)], 'mse');
    const ranges = restored[0]!.weight.quantizers.map((q) => q.amax);
    expect(ranges).toEqual(stored.weight.amaxChannels!.map((a, i) => (i === 1 ? a / 2 : a)));
    expect(() => restoreModel(model, [scaled(0.5)], 'max')).toThrow(/weight amax \[1\]/);
    expect(() => restoreModel(model, [scaled(1.5)], 'mse')).toThrow(/weight amax \[1\]/);
  });

  it('takes stored integers as they are, whatever range they are in', async () => {
    const { stored } = await trial(0.5, 'channel');
    const size = layers[0]!.weightShape.reduce((a, b) => a * b);
    const levels = Int8Array.from({ length: size }, (_, index) => (index % 255) - 127);
    const amaxChannels = stored.weight.amaxChannels!.map((amax) => amax * 2);
    const amax = Math.max(...amaxChannels);
    const weight = { ...stored.weight, amaxChannels, amax, scale: Math.fround(amax / 127) };
    const { layers: restored } = restoreModel(model, [{ ...stored, weight, levels }], 'max');
    const [{ weight: own, layer }] = restored as [PreparedLayer];
    const rowSize = size / layer.outputChannels;
    for (const [index, value] of own.values.entries()) {
      const { scale } = own.quantizers[Math.floor(index / rowSize)]!;
      expect(value).toBe(Math.fround(levels[index]! * scale));
    }
    const fewer = { ...stored, weight, levels: levels.slice(1) };
    expect(() => restoreModel(model, [fewer], 'max')).toThrow(/numbers of weight levels \d+, got \d+/);
  });

  it('refuses the lower end of an asymmetric weight that the model does not give', async () => {
    const statistics = await observeDirectly(model, layers, inputOfKind(kind, 2));
    const plain = preparation(8, null);
    const { quantization } = plain;
    const how = {
      ...plain,
      quantization: { ...quantization, weight: { ...quantization.weight, scheme: 'asymmetric' } },
    };
    const [prepared] = prepareLayers(layers, statistics, how as typeof plain);
    const stored = storedLayer(prepared!, statistics, how as typeof plain);
    expect(restoreModel(model, [stored], 'max').layers).toEqual([{ ...prepared, outputBound: 0 }]);
    // A narrower channel than the widest, so that the scale of the row stays.
    const { weight } = stored;
    const width = weight.lowChannels!.map((low, i) => weight.amaxChannels![i]! - low);
    const narrowest = width.indexOf(Math.min(...width));
    const lowChannels = weight.lowChannels!.map((low, i) => (i === narrowest ? low / 2 : low));
    const wrong = { ...stored, weight: { ...weight, lowChannels } };
    expect(() => restoreModel(model, [wrong], 'max')).toThrow(`weight low [${narrowest}]`);
  });

  it('refuses forms that it does not know', async () => {
    const { stored } = await trial(0.5, 'channel');
    const forms: readonly [StoredLayer, RegExp][] = [
      [{ ...stored, apply: 'moved' }, /got "moved"/],
      [{ ...stored, apply: 'fold' }, /to fold into the model, but "x" is made by no operator/],
      [{ ...stored, biasCorrection: [1] }, /numbers of bias correction 1, got 6/],
      [{ ...stored, input: { ...stored.input, signed: false } }, /input scale .*, got/],
      [{ ...stored, weight: { ...stored.weight, zeroPoint: 3 } }, /weight zero point 3, got 0/],
      [{ ...stored, input: { ...stored.input, granularity: 'channel' } }, /per tensor, got per channel/],
    ];
    for (const [layer, message] of forms) expect(() => restoreModel(model, [layer], 'max')).toThrow(message);
  });
});
