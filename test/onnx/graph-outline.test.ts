import { describe, expect, it } from 'vitest';

import { foldBatchNorm } from '../../src/onnx/folding/fold-batch-norm.js';
import { outlineGraph } from '../../src/onnx/graph-outline.js';
import { findLayers } from '../../src/onnx/layers/layers.js';
import { TensorProto_DataType } from '../../src/onnx/proto/onnx_pb.js';
import { buildModel, graphAttribute, node, subgraph, tensor, value, type ModelSpec } from './build-model.js';

const weight = tensor('w', [2, 2, 1, 1], [1, 0, 0, 1]);

function outline(spec: ModelSpec) {
  const { model } = foldBatchNorm(buildModel(spec));
  return outlineGraph(model, findLayers(model));
}

/** `name op` of each node, `maker > reader` of each edge. */
function text(spec: ModelSpec): { nodes: string[]; edges: string[] } {
  const { nodes, edges } = outline(spec);
  return {
    nodes: nodes.map(({ name, op, layer }) => `${name} ${op}${layer === null ? '' : ` layer ${layer}`}`),
    edges: edges.map(({ from, to, tensor: name }) => `${nodes[from]!.name} > ${nodes[to]!.name}: ${name}`),
  };
}

describe('outlineGraph', () => {
  it('has both ways around a residual block, and layers by their names', () => {
    const nodes = [
      node('Conv', ['x', 'w'], 'a', [], 'first'),
      node('Relu', ['a'], 'b', [], 'relu'),
      node('Conv', ['b', 'w'], 'c', [], 'second'),
      node('Add', ['c', 'b'], 'y', [], 'sum'),
    ];
    expect(text({ nodes, initializers: [weight] })).toEqual({
      nodes: ['x Input', 'first Conv layer first', 'relu Relu', 'second Conv layer second', 'sum Add', 'y Output'],
      edges: ['x > first: x', 'first > relu: a', 'relu > second: b', 'relu > sum: b', 'second > sum: c', 'sum > y: y'],
    });
  });

  it('has no BatchNormalization that is folded', () => {
    const vectors = ['g', 'b', 'm', 'v'].map((name) => tensor(name, [2], [1, 1]));
    const nodes = [
      node('Conv', ['x', 'w'], 'a'),
      node('BatchNormalization', ['a', 'g', 'b', 'm', 'v'], 'y', [], 'norm'),
    ];
    // The layer's output takes the name of the BatchNormalization's, so the end gets another.
    expect(text({ nodes, initializers: [weight, ...vectors] })).toEqual({
      nodes: ['x Input', 'a Conv layer a', 'y Output'],
      edges: ['x > a: x', 'a > y: y'],
    });
  });

  it('joins branches at a Concat, and has every input and output', () => {
    const nodes = [
      node('Relu', ['left'], 'a'),
      node('Conv', ['right', 'w'], 'b'),
      node('Concat', ['a', 'b'], 'c'),
      node('Abs', ['a'], 'z'),
    ];
    const inputs = [value('left', ['N', 2]), value('right', [1, 2, 4, 4])];
    expect(text({ nodes, inputs, outputs: ['c', 'z'], initializers: [weight] })).toEqual({
      nodes: [
        ...[
          'left Input',
          'right Input',
          'a Relu',
          'b Conv layer b',
          'c (2) Concat',
          'z (2) Abs',
          'c Output',
          'z Output',
        ],
      ],
      edges: [
        ...['left > a: left', 'right > b: right', 'a > c (2): a', 'a > z (2): a', 'b > c (2): b', 'c (2) > c: c'],
        'z (2) > z: z',
      ],
    });
  });

  it('takes what is made of constants alone for no node, wherever it stands', () => {
    const nodes = [
      node('Add', ['scaled', 'x'], 'y'),
      node('Mul', ['one', 'one'], 'scaled'),
      node('Identity', ['w2'], 'one'),
    ];
    expect(text({ nodes, initializers: [tensor('w2', [1], [1])] })).toEqual({
      nodes: ['x Input', 'y (2) Add', 'y Output'],
      edges: ['x > y (2): x', 'y (2) > y: y'],
    });
  });

  it('takes an If for one node, which reads what its branches read', () => {
    const branch = (op: string) => subgraph([node(op, ['captured'], `inner${op}`)], [`inner${op}`]);
    const nodes = [
      node('Abs', ['x'], 'captured'),
      node('If', ['condition'], 'y', [
        graphAttribute('then_branch', branch('Relu')),
        graphAttribute('else_branch', branch('Neg')),
      ]),
    ];
    const inputs = [value('x', [1]), value('condition', [], TensorProto_DataType.BOOL)];
    expect(text({ nodes, inputs })).toEqual({
      nodes: ['x Input', 'condition Input', 'captured Abs', 'y (2) If', 'y Output'],
      edges: [...['x > captured: x', 'condition > y (2): condition', 'captured > y (2): captured', 'y (2) > y: y']],
    });
  });

  it('names nodes without names, and those of one name, apart', () => {
    const nodes = [
      node('Relu', ['x'], 'a', [], ''),
      node('Abs', ['a'], 'b', [], 'same'),
      node('Neg', ['b'], 'y', [], 'same'),
    ];
    expect(text({ nodes }).nodes).toEqual(['x Input', 'a Relu', 'same Abs', 'same (2) Neg', 'y Output']);
  });

  it('says shapes as the model does', () => {
    const { nodes } = outline({ nodes: [node('Relu', ['x'], 'y')], inputs: [value('x', ['N', 3, 8, ''])] });
    expect(nodes.map(({ shape }) => shape)).toEqual([['N', 3, 8, null], null, null]);
  });
});
