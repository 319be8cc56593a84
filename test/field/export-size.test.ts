import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { countParameters } from '../../src/onnx/count-parameters.js';
import { foldBatchNorm } from '../../src/onnx/folding/fold-batch-norm.js';
import { intsAttribute } from '../../src/onnx/node.js';
import { decodeModel, encodeModel, type OnnxModel } from '../../src/onnx/onnx-model.js';
import { ModelProtoSchema, type TensorProto } from '../../src/onnx/proto/onnx_pb.js';
import { removeUnread } from '../../src/onnx/edits/remove-unread.js';
import { FLOAT32 } from '../../src/onnx/tensor.js';
import { deployableBytes, deployableModel, smoothedFloatModel } from '../../src/quantize/graph/deployable-model.js';
import { prepareModel, type PreparedModel } from '../../src/quantize/prepare-layers.js';
import { quantizedModel } from '../../src/quantize/graph/quantized-graph.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { observeDirectly } from '../calibrate/observe-directly.js';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';
import { npyArray } from '../formats/write-files.js';
import {
  buildModel,
  graphAttribute,
  layersOf,
  modelBytes,
  node,
  subgraph,
  tensor,
  tensorAttribute,
  value,
  type ModelSpec,
} from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { runOnX } from '../onnx/run-model.js';
import { w8a8 } from '../quantize/preparations.js';

const constant = (name: string, t: TensorProto) => node('Constant', [], name, [tensorAttribute('value', t)]);
const x = { data: randomFloats(7, 4 * 108), dims: [4, 3, 6, 6] };

/**
 * Weights as Constant nodes, one behind Identity and one behind Transpose; `shared` is read by two
 * layers.
 */
const spec: ModelSpec = {
  nodes: [
    constant('w1', tensor('', [16, 3, 3, 3], randomFloats(1, 432))),
    node('Identity', ['w1'], 'w1_same'),
    constant('b1', tensor('', [16], randomFloats(2, 16))),
    constant('shared', tensor('', [16, 16, 1, 1], randomFloats(3, 256))),
    constant('wt', tensor('', [10, 16], randomFloats(4, 160))),
    node('Transpose', ['wt'], 'w4', [intsAttribute('perm', [1, 0])]),
    node('Conv', ['x', 'w1_same', 'b1'], 'c1', [], 'first'),
    node('Relu', ['c1'], 'r1'),
    node('Conv', ['r1', 'shared'], 'c2', [], 'second'),
    node('Relu', ['c2'], 'r2'),
    node('Conv', ['r2', 'shared'], 'c3', [], 'third'),
    node('GlobalAveragePool', ['c3'], 'p'),
    node('Flatten', ['p'], 'f'),
    node('MatMul', ['f', 'w4'], 'y', [], 'classifier'),
  ],
  inputs: [value('x', ['N', 3, 6, 6])],
};
const WEIGHTS = 432 + 16 + 256 + 160;

async function prepared(alpha: number | null, model: OnnxModel = buildModel(spec)): Promise<PreparedModel> {
  const { model: folded } = foldBatchNorm(model);
  const layers = layersOf(folded);
  return prepareModel(folded, layers, await observeDirectly(folded, layers, x), w8a8(alpha));
}

/** Bytes of all tensors of a model, by type. */
function bytesByType({ graph }: OnnxModel): Record<number, number> {
  const bytes: Record<number, number> = {};
  const constants = graph.node.flatMap(({ attribute }) => attribute.flatMap(({ t }) => (t === undefined ? [] : [t])));
  for (const { dataType, rawData } of [...graph.initializer, ...constants]) {
    bytes[dataType] = (bytes[dataType] ?? 0) + rawData.length;
  }
  return bytes;
}

describe('34: an export holds nothing that nothing reads', () => {
  it.each([null, 0.5])('its weights are there as integers alone (alpha %s)', async (alpha) => {
    const own = await prepared(alpha);
    const exported = deployableModel(own, 'simulated');
    // Scales, s and the bias: one number a channel, not one a weight.
    expect(bytesByType(exported)[FLOAT32]).toBeLessThan(4 * 250);
    const left = exported.graph.node.filter(({ opType }) => /^(?:Constant|Identity|Transpose)$/.test(opType));
    expect(left.map(({ output }) => output[0])).toEqual(['b1']);
    expect(encodeModel(exported).length).toBeLessThan(WEIGHTS * 4 + 4000);
    const expected = await runOnX(quantizedModel(own.base, own.layers), x);
    const actual = await runOnX(exported, x);
    for (const [i, v] of expected.data.entries()) expect(actual.data[i]).toBeCloseTo(v, 3);
  });

  it('a weight that two layers read is there once, where both read the same', async () => {
    const exported = deployableModel(await prepared(null), 'simulated');
    const integers = exported.graph.initializer.filter(({ name }) => name.endsWith('weight/quantized'));
    expect(integers.map(({ name }) => name)).toEqual(
      ['first', 'second', 'classifier'].map((layer) => `quantsweep/${layer}/weight/quantized`),
    );
  });

  it('the smoothed float model has each weight once', async () => {
    const own = await prepared(0.5);
    const smoothed = smoothedFloatModel(own);
    // `shared` becomes two, as each layer has its own s.
    expect(bytesByType(smoothed)[FLOAT32]).toBe(4 * (WEIGHTS + 256 + 3 + 16 + 16 + 16));
    const fp32 = await runOnX(buildModel(spec), x);
    const actual = await runOnX(smoothed, x);
    for (const [i, v] of fp32.data.entries()) expect(actual.data[i]).toBeCloseTo(v, 4);
  });

  it('what a subgraph reads is kept, and what was never read goes', async () => {
    const model = buildModel({
      nodes: [
        constant('inner', tensor('', [3], [1, 2, 3])),
        constant('nothing', tensor('', [1000], new Float32Array(1000))),
        node('Neg', ['nothing'], 'still_nothing'),
        node('Add', ['x', 'outer'], 'sum'),
        node('ReduceMax', ['sum'], 'largest'),
        node('Greater', ['largest', 'zero'], 'c'),
        node('If', ['c'], 'y', [
          graphAttribute('then_branch', subgraph([node('Add', ['sum', 'inner'], 't')], ['t'])),
          graphAttribute('else_branch', subgraph([node('Mul', ['sum', 'captured'], 'e')], ['e'])),
        ]),
      ],
      inputs: [value('x', [1, 3])],
      initializers: [
        tensor('outer', [3], [1, 1, 1]),
        tensor('captured', [3], [2, 2, 2]),
        tensor('zero', [1, 1], [0]),
        tensor('lost', [50], new Float32Array(50)),
      ],
    });
    const less = removeUnread(model);
    expect([...less.index.producers.keys()]).toEqual(['inner', 'sum', 'largest', 'c', 'y']);
    expect([...less.index.initializers.keys()]).toEqual(['outer', 'captured', 'zero']);
    const input = { data: Float32Array.of(1, -2, 3), dims: [1, 3] };
    expect([...(await runOnX(less, input)).data]).toEqual([3, 1, 7]);
    expect(removeUnread(less)).toBe(less);
  });

  it('parameters are counted wherever they are', () => {
    expect(countParameters(buildModel(spec))).toBe(WEIGHTS);
    const branches = buildModel({
      nodes: [
        node('Greater', ['x', 'zero'], 'c'),
        node('If', ['c'], 'y', [
          graphAttribute('then_branch', subgraph([constant('t', tensor('', [7], new Float32Array(7)))], ['t'])),
          graphAttribute('else_branch', subgraph([constant('e', tensor('', [7], new Float32Array(7)))], ['e'])),
        ]),
      ],
      inputs: [value('x', [1])],
      initializers: [tensor('zero', [1], [0])],
    });
    expect(countParameters(branches)).toBe(15);
  });

  it('the size is stored with the trial, and is that of the file without its notes', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'model.onnx'), modelBytes(spec));
    writeFileSync(join(folder, 'x.npy'), npyArray('<f4', [4, 3, 6, 6], x.data));
    const experiment = `version: 1
name: sizes
model: { path: model.onnx }
data:
  calibration: { format: npy, path: x.npy, batchSize: 2, batches: 2 }
  evaluation: { format: npy, path: x.npy, batchSize: 2 }
task: { kind: fidelity, bootstrap: 20 }
baselines: [fp32, unsmoothed]
layers: { ops: [Conv, MatMul] }
grid:
  - smoothing.alpha: 0.5
    quantization.execution: [simulated, integer]
run: { provider: cpu, slots: 1, threads: 1, database: q.db }
`;
    writeFileSync(join(folder, 'sizes.yaml'), experiment);
    const run = await quantsweep(folder, 'run', 'sizes.yaml');
    expect(run.code, run.stdout + run.stderr).toBe(0);
    const { rows } = queryDatabase(
      join(folder, 'q.db'),
      'SELECT trial, role, export_bytes FROM v_trial ORDER BY trial',
    );
    expect(rows.filter(([, role]) => role === 'fp32')).toEqual([[expect.any(Number), 'fp32', null]]);
    for (const [trial, , bytes] of rows.filter(([, role]) => role !== 'fp32')) {
      const path = join(folder, `${String(trial)}.onnx`);
      expect((await quantsweep(folder, 'export', String(trial), '--db', 'q.db', '-o', path)).code).toBe(0);
      const file = decodeModel(readFileSync(path));
      const proto = Object.assign(create(ModelProtoSchema), file.proto, { metadataProps: [] });
      expect(encodeModel({ ...file, proto }).length).toBe(bytes);
    }
    const plan = await quantsweep(folder, 'plan', 'sizes.yaml');
    expect(plan.stdout).toContain(`${WEIGHTS} parameters`);
  });

  it('is the size of the model that is written', async () => {
    const own = await prepared(0.5);
    expect(deployableBytes(own, 'integer')).toBe(encodeModel(deployableModel(own, 'integer')).length);
  });
});
