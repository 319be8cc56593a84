import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { applyEdits, type GraphEdit } from '../../../src/onnx/edits/edits.js';
import { GraphPatch } from '../../../src/onnx/edits/graph-patch.js';
import { encodeModel } from '../../../src/onnx/onnx-model.js';
import { ValueInfoProtoSchema } from '../../../src/onnx/proto/onnx_pb.js';
import { buildModel, floatsOf, graphAttribute, graphText, node, subgraph, tensor, value } from '../build-model.js';
import { runOnX } from '../run-model.js';

const model = buildModel({
  nodes: [node('Add', ['x', 'one'], 'a'), node('Relu', ['a'], 'y')],
  initializers: [tensor('one', [], [1])],
  inputs: [value('x', [1])],
});

describe('applyEdits', () => {
  it('leaves the given model as it was', () => {
    const before = Buffer.from(encodeModel(model));
    const after = applyEdits(model, [
      { kind: 'addInitializer', tensor: tensor('two', [], [2]) },
      { kind: 'addNode', node: node('Mul', ['x', 'two'], 'm') },
      { kind: 'setInput', node: 'a', index: 0, tensor: 'm' },
      { kind: 'setInput', node: 'a', index: 1, tensor: 'two' },
      { kind: 'renameOutput', node: 'y', tensor: 'z' },
      { kind: 'setOutputs', tensors: ['z'] },
    ]);
    expect(Buffer.compare(encodeModel(model), before)).toBe(0);
    expect(graphText(after)).toBe('m = Mul(x, two)\na = Add(m, two)\nz = Relu(a)');
    expect([...after.index.initializers.keys()]).toEqual(['two']);
  });

  it('removes a node', () => {
    const after = applyEdits(model, [
      { kind: 'removeNode', node: 'y' },
      { kind: 'renameOutput', node: 'a', tensor: 'y' },
    ]);
    expect(graphText(after)).toBe('y = Add(x, one)');
  });

  it.each<[string, GraphEdit]>([
    ['removed', { kind: 'removeNode', node: 'gone' }],
    ['changed', { kind: 'setInput', node: 'gone', index: 0, tensor: 'x' }],
  ])('refuses an edit of a node that is not there: %s', (_, edit) => {
    expect(() => applyEdits(model, [edit])).toThrow(
      'An edit names the node that makes "gone", which is not in the graph.',
    );
  });

  it('refuses a result in which a tensor is missing', () => {
    expect(() => applyEdits(model, [{ kind: 'setInput', node: 'y', index: 0, tensor: 'gone' }])).toThrow(
      'Tensor "gone", read by Relu "y", is made by nothing.',
    );
  });

  it('refuses a result with a cycle', () => {
    expect(() => applyEdits(model, [{ kind: 'setInput', node: 'a', index: 0, tensor: 'y' }])).toThrow(
      'The graph has a cycle',
    );
  });

  it('fills the gap before an optional input with nothing', () => {
    const after = applyEdits(model, [{ kind: 'setInput', node: 'y', index: 2, tensor: 'one' }]);
    expect(after.index.producers.get('y')!.input).toEqual(['a', '', 'one']);
  });

  it('keeps two nodes that both leave out their first output', () => {
    const skipping = buildModel({
      nodes: [
        node('LSTM', ['x', 'w', 'r'], ['', 'h1']),
        node('LSTM', ['x', 'w', 'r'], ['', 'h2']),
        node('Add', ['h1', 'h2'], 'y'),
      ],
      initializers: [tensor('w', [1], [1]), tensor('r', [1], [1])],
    });
    expect(applyEdits(skipping, []).graph.node).toHaveLength(3);
  });

  it('keeps an initializer that only a subgraph reads', () => {
    const branch = subgraph([node('Add', ['x', 'inner_only'], 'sum')], ['sum']);
    const conditional = buildModel({
      nodes: [
        node('If', ['flag'], 'y', [graphAttribute('then_branch', branch), graphAttribute('else_branch', branch)]),
      ],
      initializers: [tensor('inner_only', [], [3]), tensor('flag', [], [1]), tensor('unread', [], [4])],
    });
    const after = applyEdits(conditional, [{ kind: 'addNode', node: node('Relu', ['x'], 'r') }]);
    expect([...after.index.initializers.keys()]).toEqual(['inner_only', 'flag']);
    expect(floatsOf(after, 'inner_only')).toEqual([3]);
  });

  it('runs when the initializers of an old model are also listed as inputs', async () => {
    const old = buildModel({
      nodes: [node('Add', ['x', 'one'], 'y')],
      initializers: [tensor('one', [1], [1])],
      inputs: [value('x', [1]), value('one', [1])],
      opset: 9,
      irVersion: 3,
    });
    expect(old.index.inputs).toEqual(['x']);
    const after = applyEdits(old, [
      { kind: 'addInitializer', tensor: tensor('two', [1], [2]) },
      { kind: 'setInput', node: 'y', index: 1, tensor: 'two' },
    ]);
    expect(after.graph.input.map((i) => i.name)).toEqual(['x']);
    expect([...(await runOnX(after, { data: Float32Array.of(5), dims: [1] })).data]).toEqual([7]);
  });

  it('keeps the type of an output that stays and leaves that of a new one to the runtime', () => {
    const typed = applyEdits(model, [{ kind: 'setOutputs', tensors: ['a', 'y'] }]);
    expect(typed.graph.output[1]).toBe(model.graph.output[0]);
    expect(typed.graph.output[0]).toEqual(create(ValueInfoProtoSchema, { name: 'a' }));
  });
});

describe('GraphPatch', () => {
  it('adds an initializer once', () => {
    const patch = new GraphPatch(model);
    expect([patch.scalar(3), patch.scalar(3)]).toEqual(['quantsweep/scalar/3', 'quantsweep/scalar/3']);
    expect(patch.edits).toHaveLength(1);
  });

  it('names what it adds so that it meets no name of the model', () => {
    const taken = buildModel({
      nodes: [node('Add', ['x', 'quantsweep/scalar/3'], 'y')],
      initializers: [tensor('quantsweep/scalar/3', [], [4])],
    });
    expect(new GraphPatch(taken).scalar(3)).toBe('quantsweep2/scalar/3');
  });

  it('refuses one name for two initializers', () => {
    const patch = new GraphPatch(model);
    patch.floats('w', [1], Float32Array.of(1));
    expect(() => patch.floats('w', [1], Float32Array.of(2))).toThrow(
      'Initializer "w" is in the graph with other numbers',
    );
  });

  it.each([
    [10, 'c = Clip(x) {min=-8, max=7}'],
    [11, 'quantsweep'],
  ])('rounds and clips alike at opset %i', async (opset, part) => {
    const source = buildModel({ nodes: [node('Identity', ['x'], 'y')], inputs: [value('x', ['N'])], opset });
    const patch = new GraphPatch(source);
    patch.roundAndClip('x', -8, 7, 'q');
    patch.edit({ kind: 'setOutputs', tensors: ['q'] });
    const rounding = applyEdits(source, patch.edits);
    expect(graphText(rounding)).toContain(part.replace('c = ', 'q/clip = '));
    const data = Float32Array.of(-100, -8.5, -7.5, -2.5, -1.5, -0.5, 0.49999997, 0.5, 1.5, 2.5, 6.5, 7.5, 1e9);
    const { data: q } = await runOnX(rounding, { data, dims: [data.length] });
    expect(Array.from(q, (v) => v + 0)).toEqual([-8, -8, -8, -2, -2, 0, 0, 0, 2, 2, 6, 7, 7]);
  });

  it.each([13, 17, 18])('reduces over axes at opset %i', async (opset) => {
    const source = buildModel({ nodes: [node('Identity', ['x'], 'y')], inputs: [value('x', ['N', 2, 2])], opset });
    const patch = new GraphPatch(source);
    patch.reduce('ReduceMax', 'x', [1, 2], 'highest');
    patch.edit({ kind: 'setOutputs', tensors: ['highest'] });
    const x = { data: Float32Array.of(1, 2, 3, 4, -1, -2, -3, -4), dims: [2, 2, 2] };
    expect([...(await runOnX(applyEdits(source, patch.edits), x)).data]).toEqual([4, -1]);
  });
});
