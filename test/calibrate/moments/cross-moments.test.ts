import { expect, it } from 'vitest';
import { CrossMomentsAccumulator } from '../../../src/calibrate/moments/cross-moments-accumulator.js';
import { momentLayout } from '../../../src/calibrate/moments/moment-layout.js';
import { crossMomentsGraph } from '../../../src/calibrate/moments/moments-graph.js';
import type { Layer } from '../../../src/onnx/layers/layers.js';
import { elementCount } from '../../../src/onnx/tensor.js';
import { momentBlocks } from '../../../src/records/moments-record.js';
import { buildModel, layersOf, node, tensor, value } from '../../onnx/build-model.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { runModel, runOnX, type Floats } from '../../onnx/run-model.js';
import { literalMoments, literalUnfolding } from './literal-moments.js';
import { momentKinds } from './moment-kinds.js';
import { inputOfMomentKind, modelOfMomentKind } from './run-moments.js';

const close = (a: Float64Array, b: readonly number[]): number => {
  expect(a).toHaveLength(b.length);
  const most = b.reduce((largest, v) => Math.max(largest, Math.abs(v)), 1e-30);
  return a.reduce((worst, v, i) => Math.max(worst, Math.abs(v - b[i]!)), 0) / most;
};

it.each(momentKinds.flatMap((kind) => ([false, true] as const).map((blocked) => ({ ...kind, blocked }))))(
  'cross moments equal those of plain loops: $title, in blocks: $blocked',
  async ({ blocked, ...kind }) => {
    const single = modelOfMomentKind(kind);
    const [layer] = layersOf(single) as [Layer];
    const x = inputOfMomentKind(kind);
    // The quantized model reads numbers that are a little off.
    const off = randomFloats(5, x.data.length, () => 0.3);
    const q: Floats = { data: x.data.map((v, i) => Math.fround(v + off[i]!)), dims: x.dims };
    const both = buildModel({
      nodes: [
        node('Identity', ['x'], 'f'),
        node('Add', ['x', 'off'], 'q'),
        node(kind.op, ['f', 'w'], 'y', kind.attributes, 'layer'),
        node(kind.op, ['q', 'w'], 'z', kind.attributes, 'twin'),
      ],
      inputs: [value('x', ['N', ...kind.dims.slice(1)])],
      outputs: ['y', 'z'],
      initializers: [
        tensor('w', kind.weightShape, randomFloats(1, elementCount([...kind.weightShape]))),
        tensor('off', kind.dims, off),
      ],
    });
    const mostColumns = blocked ? 2 * layer.layout.kernelSize : Infinity;
    const pair = { layer, node: single.graph.node[0]!, float: 'f', quantized: 'q', output: 'y' };
    const graph = crossMomentsGraph(both, [pair], { mostColumns });
    const accumulator = new CrossMomentsAccumulator(graph);
    const samples = x.dims[0]!;
    accumulator.add(await runModel(graph.model, { x }, 'all'), { samples, fed: samples });
    const moments = accumulator.finish().get('layer')!;
    const outputSize = (await runOnX(single, x)).dims.slice(2);
    const [f, u] = [x, q].map((each) => literalUnfolding(layer, each, { ...kind.window, outputSize }));
    const expected: number[] = [];
    const { blockColumns } = momentLayout(layer.layout, mostColumns);
    const columns = layer.layout.inputsPerGroup * layer.layout.kernelSize;
    for (const block of momentBlocks({ groups: layer.layout.groups, columns, blockColumns })) {
      const rows = f![block.group]!;
      for (let i = block.first; i < block.first + block.columns; i++) {
        for (let j = block.first; j < block.first + block.columns; j++) {
          expected.push(rows.reduce((sum, row, p) => sum + row[i]! * u![block.group]![p]![j]!, 0) / rows.length);
        }
      }
    }
    expect(close(moments.cross, expected)).toBeLessThan(2e-6);
    const own = literalMoments(layer, u!, q, blockColumns);
    expect(close(moments.quantized.products, [...own.products])).toBeLessThan(2e-6);
    expect(close(moments.quantized.means, [...own.means])).toBeLessThan(2e-6);
    expect(close(moments.floatMeans, [...literalMoments(layer, f!, x).means])).toBeLessThan(2e-6);
  },
);
