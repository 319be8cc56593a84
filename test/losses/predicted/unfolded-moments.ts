import { copyNode } from '../../../src/onnx/node.js';
import type { Layer } from '../../../src/onnx/layers/layers.js';
import type { OnnxModel } from '../../../src/onnx/onnx-model.js';
import { elementCount } from '../../../src/onnx/tensor.js';
import { momentBlocks, type LayerMoments } from '../../../src/records/moments-record.js';
import { activations } from '../../calibrate/observe-directly.js';
import { buildModel, tensor, value } from '../../onnx/build-model.js';
import { runModel, type Floats } from '../../onnx/run-model.js';

/** What each output position reads of the input: `[groups * columns]` numbers of every position. */
async function unfolded(
  model: OnnxModel,
  layer: Layer,
  input: Floats,
): Promise<{ readonly columns: number; readonly rows: readonly (readonly number[])[] }> {
  const { layout, weightShape } = layer;
  const { groups, inputsPerGroup, kernelSize } = layout;
  const columns = inputsPerGroup * kernelSize;
  // The layer itself, with an output for each number that a group reads.
  const [inputs, outputs] = [inputsPerGroup, groups * columns];
  const shape =
    layer.op === 'Conv'
      ? [outputs, inputs, ...weightShape.slice(2)]
      : layer.op === 'ConvTranspose'
        ? [groups * inputs, columns, ...weightShape.slice(2)]
        : layout.order === 'outputFirst'
          ? [outputs, inputs]
          : [inputs, outputs];
  const weight = new Float32Array(elementCount(shape));
  for (let group = 0; group < groups; group++) {
    for (let j = 0; j < columns; j++) {
      const [i, k] = [Math.floor(j / kernelSize), j % kernelSize];
      const pair =
        layout.order === 'outputFirst'
          ? (group * columns + j) * inputs + i
          : (group * inputs + i) * (outputs / groups) + j;
      weight[pair * kernelSize + k] = 1;
    }
  }
  const own = model.index.producers.get(layer.outputTensor)!;
  const one = buildModel({
    nodes: [copyNode(own, { input: ['x', 'w'], output: ['y'] })],
    inputs: [value('x', input.dims)],
    initializers: [tensor('w', shape, weight)],
  });
  const { data, dims } = (await runModel(one, { x: input }))['y']!;
  const axis = layer.inputRank === null ? dims.length - 1 : 1;
  const inner = elementCount(dims.slice(axis + 1));
  const rows = Array.from({ length: data.length / outputs }, () => new Array<number>(outputs).fill(0));
  for (const [at, number] of data.entries()) {
    const channel = Math.floor(at / inner) % outputs;
    rows[Math.floor(at / (inner * outputs)) * inner + (at % inner)]![channel] = number;
  }
  return { columns, rows };
}

/**
 * Second moments of a layer's input by plain loops over what the runtime itself makes of it.
 *
 * @param blockColumns columns of a block; default: all
 */
export async function momentsOf(
  model: OnnxModel,
  layer: Layer,
  x: Floats,
  blockColumns?: number,
): Promise<LayerMoments> {
  const input = (await activations(model, [layer.inputTensor], x))[layer.inputTensor]!;
  const { columns, rows } = await unfolded(model, layer, input);
  const { groups } = layer.layout;
  const shape = { groups, columns, blockColumns: blockColumns ?? columns };
  const mean = (of: (row: readonly number[]) => number): number =>
    rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  const products: number[] = [];
  for (const { group, first, columns: own } of momentBlocks(shape)) {
    const at = group * columns + first;
    for (let i = 0; i < own; i++) {
      for (let j = 0; j <= i; j++) products.push(mean((row) => row[at + i]! * row[at + j]!));
    }
  }
  const channels = layer.inputChannels;
  const axis = layer.inputRank === null ? input.dims.length - 1 : 1;
  const inner = elementCount(input.dims.slice(axis + 1));
  const nonZeros = new Float64Array(channels);
  for (const [at, number] of input.data.entries()) {
    if (number !== 0) nonZeros[Math.floor(at / inner) % channels]!++;
  }
  return {
    layer: layer.name,
    ...shape,
    products: Float64Array.from(products),
    means: Float64Array.from({ length: groups * columns }, (_, j) => mean((row) => row[j]!)),
    nonZeroShares: nonZeros.map((count) => count / (input.data.length / channels)),
  };
}
