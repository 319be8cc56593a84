import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/formats/dataset.js';
import { foldConditions } from '../../src/onnx/folding/fold-conditions.js';
import { findLayers } from '../../src/onnx/layers/layers.js';
import { resolveModelIo } from '../../src/onnx/model-io.js';
import { intAttribute } from '../../src/onnx/node.js';
import { encodeModel, type OnnxModel } from '../../src/onnx/onnx-model.js';
import { TensorProto_DataType, type NodeProto } from '../../src/onnx/proto/onnx_pb.js';
import { int64Tensor } from '../../src/onnx/tensor.js';
import { feedReader } from '../../src/engine/batching/feeds.js';
import { readModelFile } from '../../src/engine/session/model-file.js';
import { Session } from '../../src/engine/session/session.js';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';
import { buildModel, graphAttribute, node, subgraph, tensor, value, type ModelSpec } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { oneThread } from '../engine/small-experiment.js';
import { writeSweep } from './write-sweep.js';

/** Samples `[512]`, and a state that is filled with 0. */
function dataset(): Dataset {
  return {
    sampleCount: 3,
    sampleShape: [512],
    labels: null,
    groundTruth: null,
    inputs: [{ kind: 'value', name: 'state', value: 0 }],
    read: () => undefined,
    close: () => undefined,
  };
}

function dimsOf(samples: readonly (number | string)[], state: readonly (number | string)[], rows: number) {
  const inputs = [value('x', samples), value('state', state)];
  const io = resolveModelIo(buildModel({ nodes: [node('Relu', ['x'], 'y')], inputs }), { input: 'x', output: null });
  return feedReader(io, dataset())(0, rows, rows)['state']!.dims;
}

describe('26: {value: 0} fills a shape whose free axes other inputs fix', () => {
  it.each([
    [
      ['batch', 'samples'],
      [2, 'batch', 128],
      [2, 3, 128],
    ],
    [
      ['batch', 'samples'],
      ['batch', 'samples'],
      [3, 512],
    ],
    [
      ['batch', 'samples'],
      ['samples', 'batch'],
      [512, 3],
    ],
    [
      ['batch', 'samples'],
      ['other', 4],
      [3, 4],
    ],
    [
      [3, 'samples'],
      [2, 'samples'],
      [2, 512],
    ],
  ])('samples %j, state %j', (samples, state, dims) => {
    expect(dimsOf(samples, state, 3)).toEqual(dims);
  });

  it('and says which shape it could not fill', () => {
    expect(() => dimsOf(['batch', 'samples'], [2, 'past', 128], 3)).toThrow(
      'Expected a known shape to fill input "state" with its value, got [2, any, 128]. No other input fixes its free axes: give an array (path).',
    );
  });
});

/**
 * Convolutions in the branches of two nested conditions on `sr`, as exporters write a model for two
 * sample rates.
 */
function twoRates(): ModelSpec {
  const scalar = (name: string, number: number) => ({ ...int64Tensor(name, [number]), dims: [] });
  const branch = (weight: string, name: string) =>
    subgraph([node('Conv', ['x', weight], 'c'), node('Relu', ['c'], name)], [name]);
  const inner = subgraph(
    [
      node('Equal', ['sr', 'low'], 'is_low'),
      node('If', ['is_low'], 'picked', [
        graphAttribute('then_branch', branch('w8', 'a')),
        graphAttribute('else_branch', branch('w44', 'a')),
      ]),
    ],
    ['picked'],
  );
  return {
    nodes: [
      node('Equal', ['sr', 'high'], 'is_high'),
      node('Not', ['is_high'], 'other'),
      node('Not', ['other'], 'again'),
      node('If', ['again'], 'y', [
        graphAttribute('then_branch', branch('w16', 'a')),
        graphAttribute('else_branch', inner),
      ]),
      // Its branches have the names of the other's.
      node('If', ['other'], 'v', [
        graphAttribute('then_branch', branch('w16', 'a')),
        graphAttribute('else_branch', branch('w44', 'a')),
      ]),
      node('Add', ['y', 'v'], 'z'),
    ],
    inputs: [value('x', ['N', 2, 4, 4]), value('sr', [], TensorProto_DataType.INT64)],
    outputs: ['z'],
    initializers: [
      scalar('high', 16000),
      scalar('low', 8000),
      ...['w16', 'w8', 'w44'].map((name, seed) => tensor(name, [2, 2, 1, 1], randomFloats(seed + 1, 4))),
    ],
  };
}

const layerNames = (model: OnnxModel) =>
  findLayers(model).map(({ name, supported }) => `${name} ${supported ? 'supported' : 'hidden'}`);

async function outputOf(model: OnnxModel, sr: number) {
  // Without fusion: an addition that becomes part of a convolution rounds differently.
  const session = await Session.create(encodeModel(model), 'x', { ...oneThread, optimizationLevel: 'disabled' });
  const data = Float32Array.from(randomFloats(9, 32));
  const feeds = { sr: { type: 'int64', data: BigInt64Array.of(BigInt(sr)), dims: [] } } as const;
  const { z } = await session.run({ data, dims: [1, 2, 4, 4] }, feeds);
  await session.release();
  return z!.data;
}

describe('26: an If whose condition follows from fixed inputs is the branch that is taken', () => {
  it.each([16000, 8000, 44100])('for sr = %i, nested ones too, with equal outputs', async (sr) => {
    const model = buildModel(twoRates());
    const folded = foldConditions(model, { sr });
    expect(folded.graph.node.some(({ opType }) => opType === 'If')).toBe(false);
    expect(layerNames(model)).toEqual(['c', 'c (2)', 'c (3)', 'c (4)', 'c (5)'].map((name) => `${name} hidden`));
    expect(layerNames(folded)).toEqual(['c_2 supported', 'c supported']);
    expect(await outputOf(folded, sr)).toEqual(await outputOf(model, sr));
  });

  it('and stays where nothing decides it', () => {
    const model = buildModel(twoRates());
    expect(foldConditions(model, {})).toBe(model);
    expect(foldConditions(model, { other: 16000 })).toBe(model);
  });

  it.each<readonly [string, NodeProto[], boolean]>([
    ['Greater', [node('Greater', ['sr', 'k'], 'b')], true],
    ['Less', [node('Less', ['sr', 'k'], 'b')], false],
    ['Cast', [node('Cast', ['sr'], 'b', [intAttribute('to', 9)])], true],
    [
      'And',
      [
        node('Cast', ['sr'], 't', [intAttribute('to', 9)]),
        node('Less', ['sr', 'k'], 'l'),
        node('And', ['t', 'l'], 'b'),
      ],
      false,
    ],
    ['Div', [node('Div', ['sr', 'k'], 'q'), node('Equal', ['q', 'two'], 'b')], true],
    ['Shape', [node('Shape', ['x'], 's'), node('Gather', ['s', 'two'], 'd'), node('Less', ['d', 'k'], 'b')], true],
    ['Mod', [node('Mod', ['sr', 'k'], 'm'), node('Equal', ['m', 'two'], 'b')], false],
    ['Mod with a negative divisor', [node('Mod', ['sr', 'minus'], 'm'), node('Less', ['m', 'two'], 'b')], true],
    [
      'Reshape, Slice and ReduceMax',
      [
        node('Reshape', ['sr', 'one'], 'r'),
        node('Concat', ['one', 'r'], 'both', [intAttribute('axis', 0)]),
        node('Slice', ['both', 'one', 'last'], 'tail'),
        node('ReduceMax', ['tail'], 'm', [intAttribute('keepdims', 0)]),
        node('Greater', ['m', 'k'], 'b'),
      ],
      true,
    ],
    ['Size of Shape', [node('Shape', ['x'], 's'), node('Size', ['s'], 'd'), node('Equal', ['d', 'two'], 'b')], false],
  ])('by %s', async (_, nodes, taken) => {
    const scalar = (name: string, number: number) => ({ ...int64Tensor(name, [number]), dims: [] });
    const model = buildModel({
      nodes: [
        ...nodes,
        node('If', ['b'], 'z', [
          graphAttribute('then_branch', subgraph([node('Relu', ['x'], 't1')], ['t1'])),
          graphAttribute('else_branch', subgraph([node('Neg', ['x'], 'e1')], ['e1'])),
        ]),
      ],
      inputs: [value('x', ['N', 2, 4, 4]), value('sr', [], TensorProto_DataType.INT64)],
      outputs: ['z'],
      initializers: [
        ...[scalar('k', 7000), scalar('two', 2), scalar('minus', -7000)],
        ...[int64Tensor('one', [1]), int64Tensor('last', [2 ** 31 - 1])],
      ],
    });
    const folded = foldConditions(model, { sr: 16000 });
    expect(folded.graph.node.at(-1)!.opType).toBe(taken ? 'Relu' : 'Neg');
    expect(await outputOf(folded, 16000)).toEqual(await outputOf(model, 16000));
  });

  it('does not take a free batch for known', () => {
    const scalar = (name: string, number: number) => ({ ...int64Tensor(name, [number]), dims: [] });
    const branches = ['then_branch', 'else_branch'].map((name) =>
      graphAttribute(name, subgraph([node('Relu', ['x'], 'r')], ['r'])),
    );
    const model = buildModel({
      nodes: [
        node('Shape', ['x'], 's'),
        node('Gather', ['s', 'zero'], 'd'),
        node('Equal', ['d', 'zero'], 'b'),
        node('If', ['b'], 'y', branches),
      ],
      inputs: [value('x', ['N', 2])],
      initializers: [scalar('zero', 0)],
    });
    expect(foldConditions(model, {})).toBe(model);
  });

  it('in plan, run and export, with a model of its own for each value', async () => {
    const folder = temporaryFolder();
    for (const sr of [16000, 8000]) {
      const data = (seed: number) =>
        `format: synthetic, shape: [2, 4, 4], seed: ${seed}, count: 4, inputs: { sr: { value: ${sr} } }`;
      const file = writeSweep(folder, twoRates(), [2, 4, 4], {
        name: `at-${sr}`,
        model: '{ path: model.onnx, input: x }',
        calibration: data(1),
        evaluation: data(2),
      });
      const run = await quantsweep(folder, 'run', file);
      expect(run.stderr).toBe('');
      expect(run.stdout).toContain(
        `model.onnx: for each If whose condition follows from constants and sr = ${sr}, the branch taken is swept\n`,
      );
      expect(run.stdout).toContain('model.onnx: 2 of 2 layers are quantized');
      expect(run.stdout).toContain('3 trials run, 0 cached, 0 failed.');
      expect((await quantsweep(folder, 'plan', file)).stdout).toContain('Nothing is left to run.');
      const out = await quantsweep(folder, 'export', 'best', '--db', 'q.db', '-o', `${sr}.onnx`);
      expect([out.stderr, out.code]).toEqual(['', 0]);
      const exported = readModelFile(join(folder, `${sr}.onnx`)).model;
      expect(exported.graph.node.filter(({ opType }) => opType === 'QuantizeLinear').length).toBeGreaterThanOrEqual(2);
    }
  }, 120_000);
});
