import { momentsGraph, type MomentsGraphOptions } from '../../../src/calibrate/moments/moments-graph.js';
import { MomentsAccumulator } from '../../../src/calibrate/moments/moments-accumulator.js';
import type { MomentSums } from '../../../src/calibrate/moments/moment-sums.js';
import type { OnnxModel } from '../../../src/onnx/onnx-model.js';
import { elementCount } from '../../../src/onnx/tensor.js';
import { buildModel, layersOf, node, tensor, value } from '../../onnx/build-model.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { runModel, type Floats } from '../../onnx/run-model.js';
import type { MomentKind } from './moment-kinds.js';

export function modelOfMomentKind(
  { op, weightShape, dims, attributes }: MomentKind,
  opset = 13,
  weight = randomFloats(1, elementCount([...weightShape])),
): OnnxModel {
  return buildModel({
    nodes: [node(op, ['x', 'w'], 'y', attributes, 'layer')],
    inputs: [value('x', ['N', ...dims.slice(1)])],
    initializers: [tensor('w', weightShape, weight)],
    opset,
  });
}

/** A third of the numbers are 0, as behind a ReLU. */
export function inputOfMomentKind({ dims }: Pick<MomentKind, 'dims'>, seed = 3): Floats {
  return { data: randomFloats(seed, elementCount([...dims]), (i) => (i % 3 === 1 ? 0 : 1 + (i % 5))), dims };
}

/** Sums over runs of so many samples each. */
export async function momentSums(
  model: OnnxModel,
  x: Floats,
  batches: readonly number[] = [x.dims[0]!],
  options: MomentsGraphOptions = {},
  input = 'x',
): Promise<MomentSums> {
  const graph = momentsGraph(model, layersOf(model), options);
  const accumulator = new MomentsAccumulator(graph);
  const length = elementCount(x.dims.slice(1));
  let first = 0;
  for (const samples of batches) {
    const data = x.data.slice(first * length, (first + samples) * length);
    const outputs = await runModel(graph.model, { [input]: { data, dims: [samples, ...x.dims.slice(1)] } }, 'all');
    accumulator.add(outputs, { samples, fed: samples });
    first += samples;
  }
  return accumulator.snapshot();
}
