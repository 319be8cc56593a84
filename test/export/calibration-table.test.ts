import { describe, expect, it } from 'vitest';
import { ModelError } from '../../src/onnx/model-error.js';
import { calibrationTable } from '../../src/export/calibration-table.js';
import { prepareLayers, type PreparedLayer } from '../../src/quantize/prepare-layers.js';
import { qdqModel } from '../../src/quantize/graph/qdq-graph.js';
import { smoothedModel } from '../../src/quantize/graph/quantized-graph.js';
import { asymmetricQuantizer, symmetricQuantizer, unsignedQuantizer } from '../../src/quantize/quantizers/quantizer.js';
import { buildModel, layersOf, node, tensor, value } from '../onnx/build-model.js';
import { preparation } from '../quantize/preparations.js';

/** Two layers that read x, one after them. */
const model = buildModel({
  nodes: [
    node('Conv', ['x', 'w'], 'a', [], 'left'),
    node('Conv', ['x', 'w'], 'b', [], 'right'),
    node('Add', ['a', 'b'], 'sum'),
    node('Conv', ['sum', 'w'], 'y', [], 'last'),
  ],
  inputs: [value('x', ['N', 2, 1, 1])],
  initializers: [tensor('w', [2, 2, 1, 1], [1, 2, 3, 4])],
});
const absmax = new Map([
  ['left', 127],
  ['right', 127],
  ['last', 254],
]);

function prepared(bits: number, alpha: number | null): readonly PreparedLayer[] {
  const layers = layersOf(model);
  const statistics = layers.map((layer) => {
    const channels = Float64Array.of(absmax.get(layer.name)!, 1);
    return { layer: layer.name, min: channels, max: channels, absmax: channels, absmaxView: null, histograms: null };
  });
  return prepareLayers(layers, new Map(statistics.map((s) => [s.layer, s])), preparation(bits, alpha));
}

describe('calibrationTable', () => {
  it('names each input once with the big-endian hex of its scale', () => {
    // Scales 127 / 127 = 1 and 254 / 127 = 2.
    expect(calibrationTable(prepared(8, null))).toBe('TRT-8601-EntropyCalibration2\nx: 3f800000\nsum: 40000000\n');
  });

  it('names the smoothed inputs, which the smoothed model and the QDQ model both hold', () => {
    const layers = prepared(8, 0.5);
    const names = calibrationTable(layers)
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(': ')[0]!);
    expect(names).toEqual(['left', 'right', 'last'].map((layer) => `quantsweep/${layer}/smoothed_input`));
    for (const graph of [smoothedModel(model, layers), qdqModel(model, layers, {})]) {
      expect(names.every((name) => graph.index.producers.has(name))).toBe(true);
    }
  });

  it('refuses other bits than 8, naming the layer', () => {
    expect(() => calibrationTable(prepared(4, null))).toThrow(ModelError);
    expect(() => calibrationTable(prepared(4, null))).toThrow(/"left".*got 4 bits, signed, .* levels -8 to 7/);
  });

  it.each([
    ['unsigned', unsignedQuantizer(127, 8), 'got 8 bits, unsigned, zero point 0, levels 0 to 255'],
    ['asymmetric', asymmetricQuantizer(-127, 128, 8), 'got 8 bits, unsigned, zero point 127, levels 0 to 255'],
    ['narrow', symmetricQuantizer(127, 8, true), 'got 8 bits, signed, zero point 0, levels -127 to 127'],
  ])('refuses an %s input, naming the layer', (_form, input, got) => {
    const [left, right, last] = prepared(8, null) as [PreparedLayer, PreparedLayer, PreparedLayer];
    const table = (): string => calibrationTable([left, right, { ...last, input }]);
    expect(table).toThrow(ModelError);
    expect(table).toThrow(/Layer "last"/);
    expect(table).toThrow(got);
  });

  it('refuses two scales of one tensor', () => {
    const [left, right, last] = prepared(8, null) as [PreparedLayer, PreparedLayer, PreparedLayer];
    const other = { ...right, input: symmetricQuantizer(254, 8) };
    expect(() => calibrationTable([left, other, last])).toThrow(/"x".*1 for layer "left" and 2 for layer "right"/);
  });
});
