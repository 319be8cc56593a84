import { describe, expect, it } from 'vitest';
import { encodeModel, type OnnxModel } from '../../../src/onnx/onnx-model.js';
import { prepareLayers } from '../../../src/quantize/prepare-layers.js';
import { deployableModel } from '../../../src/quantize/graph/deployable-model.js';
import { quantizedModel } from '../../../src/quantize/graph/quantized-graph.js';
import { storedBytes } from '../../../src/quantize/quantizers/stored-bytes.js';
import { observeDirectly } from '../../calibrate/observe-directly.js';
import { buildModel, layersOf, node, tensor, value } from '../../onnx/build-model.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { runOnX } from '../../onnx/run-model.js';
import { preparation } from '../preparations.js';

const x = { data: randomFloats(7, 2 * 3 * 36), dims: [2, 3, 6, 6] };

function network(opset: number): OnnxModel {
  return buildModel({
    nodes: [node('Conv', ['x', 'w'], 'c', [], 'first'), node('Relu', ['c'], 'y')],
    inputs: [value('x', ['N', 3, 6, 6])],
    initializers: [tensor('w', [15, 3, 3, 3], randomFloats(1, 405))],
    opset,
  });
}

async function written(model: OnnxModel, bits: number) {
  const layers = layersOf(model);
  const prepared = prepareLayers(layers, await observeDirectly(model, layers, x), preparation(bits, null, 'channel'));
  return { prepared, file: deployableModel({ base: model, layers: prepared }, 'simulated', {}, 'packed') };
}

/** Of initializers alone: names of nodes are no cost. */
function bytesOf({ graph }: OnnxModel): number {
  return graph.initializer.reduce((sum, { rawData }) => sum + rawData.length, 0);
}

describe('storedBytes', () => {
  it.each([
    [21, 4, Math.ceil(405 / 2) + 4 * 15 + 8 + 5],
    [21, 3, Math.ceil(405 / 2) + 4 * 15 + 8 + 5],
    [21, 8, 405 + 4 * 15 + 15 + 5],
    [17, 4, Math.ceil(405 / 2) + 4 * 15 + 8 + 5],
    [17, 5, 405 + 4 * 15 + 15 + 5],
  ])('at opset %d and %d bits is what the file has', async (opset, bits, bytes) => {
    const model = network(opset);
    const [layer] = layersOf(model);
    expect(storedBytes(layer!, { bits, granularity: 'channel', signed: true })).toBe(bytes);
    const { file } = await written(model, bits);
    const clips = file.graph.initializer.filter(({ name }) => name.includes('clip') || name.includes('level'));
    const extra = clips.reduce((sum, { rawData }) => sum + rawData.length, 0);
    expect(bytesOf(file) - extra).toBe(bytes);
  });

  it('of float is four bytes a weight', () => {
    const [layer] = layersOf(network(21));
    expect(storedBytes(layer!, { bits: null, granularity: 'channel', signed: true })).toBe(4 * 405);
  });

  it.each([
    [9, 4],
    [12, 3],
    [17, 2],
    [21, 2],
    [21, 3],
    [21, 4],
  ])('is of a file that the runtime computes as it was simulated: opset %d, %d bits', async (opset, bits) => {
    const model = network(opset);
    const { prepared, file } = await written(model, bits);
    expect(encodeModel(file).length).toBeLessThan(encodeModel((await written(model, 5)).file).length);
    const expected = await runOnX(quantizedModel(model, prepared), x);
    const actual = await runOnX(file, x);
    expect(actual.data.length).toBe(expected.data.length);
    for (const [i, own] of actual.data.entries()) expect(Math.abs(own - expected.data[i]!)).toBeLessThan(1e-5);
  });
});
