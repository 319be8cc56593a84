import { describe, expect, it } from 'vitest';
import { splitGraph } from '../../../src/onnx/edits/split-graph.js';
import { buildModel, node, tensor, value } from '../build-model.js';
import { randomFloats } from '../pseudo-random.js';
import { runModel } from '../run-model.js';

/**
 * a -> b -> c with a shortcut from a to c, beside a second head d; c is scaled by the square of a
 * constant.
 */
const model = buildModel({
  nodes: [
    node('Gemm', ['x', 'w1'], 'a'),
    node('Relu', ['a'], 'r'),
    node('Gemm', ['r', 'w2'], 'b'),
    node('Add', ['b', 'a'], 'sum'),
    node('Mul', ['k', 'k'], 'kk'),
    node('Mul', ['sum', 'kk'], 'c'),
    node('Gemm', ['r', 'w1'], 'd'),
  ],
  inputs: [value('x', ['N', 3])],
  outputs: ['c', 'd'],
  initializers: [
    tensor('w1', [3, 3], randomFloats(1, 9)),
    tensor('w2', [3, 3], randomFloats(2, 9)),
    tensor('k', [], [1.5]),
  ],
});
const x = { data: randomFloats(3, 6), dims: [2, 3] };

describe('splitGraph', () => {
  it('splits in front of a node into parts that give the same together', async () => {
    const { head, tail, crossing } = splitGraph(model, 'b', ['c'])!;
    expect([...crossing].sort()).toEqual(['a', 'r']);
    expect(head!.graph.node.map(({ opType }) => opType)).toEqual(['Gemm', 'Relu']);
    expect(tail.graph.node.map(({ output }) => output[0])).toEqual(['b', 'sum', 'kk', 'c']);
    const between = await runModel(head!, { x });
    const { c } = await runModel(tail, { x, ...between });
    expect(c).toEqual((await runModel(model, { x }))['c']);
  });

  it('has no head in front of the first node', async () => {
    const { head, tail, crossing } = splitGraph(model, 'a', ['c'])!;
    expect(head).toBeNull();
    expect(crossing).toEqual([]);
    expect(await runModel(tail, { x })).toEqual({ c: (await runModel(model, { x }))['c'] });
  });

  it('hands outputs that do not depend on the node from the head through the tail', async () => {
    const { head, tail, crossing } = splitGraph(model, 'd', ['c', 'd'])!;
    expect(crossing).toContain('c');
    expect(tail.graph.node.map(({ output }) => output[0])).toEqual(['d']);
    const between = await runModel(head!, { x });
    expect(await runModel(tail, { x, ...between })).toEqual(await runModel(model, { x }));
  });

  it('is null where the output does not depend on the node', () => {
    expect(splitGraph(model, 'd', ['c'])).toBeNull();
  });
});
