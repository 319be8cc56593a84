import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { intsAttribute } from '../../src/onnx/node.js';
import { integerTensor, storageOf } from '../../src/quantize/quantizers/integer-tensor.js';
import { Session } from '../../src/engine/session/session.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';
import { npyArray } from '../formats/write-files.js';
import { modelBytes, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';

const SAMPLES = 12;

/**
 * A network that was partly quantized before: `mid` has a float weight between Q/DQ of the model's
 * own. Its output channels differ so much in range that 8 bits for the whole weight leave nothing
 * of most of them.
 */
function partlyQuantized(): Uint8Array {
  const zero = integerTensor('z', [], storageOf({ bits: 8, signed: true }), [0]);
  return modelBytes({
    nodes: [
      node('Conv', ['x', 'w1'], 'c1', [intsAttribute('pads', [1, 1, 1, 1])], 'front'),
      node('QuantizeLinear', ['c1', 's1', 'z'], 'c1_q'),
      node('DequantizeLinear', ['c1_q', 's1', 'z'], 'c1_d'),
      node('Conv', ['c1_d', 'w2', 'b2'], 'c2', [], 'mid'),
      node('QuantizeLinear', ['c2', 's2', 'z'], 'c2_q'),
      node('DequantizeLinear', ['c2_q', 's2', 'z'], 'c2_d'),
      node('Conv', ['c2_d', 'w3'], 'c3', [], 'back'),
      node('Flatten', ['c3'], 'y'),
    ],
    inputs: [value('x', ['N', 3, 6, 6])],
    initializers: [
      zero,
      tensor('s1', [], [0.05]),
      tensor('s2', [], [0.001]),
      tensor('w1', [4, 3, 3, 3], randomFloats(1, 108)),
      tensor(
        'w2',
        [4, 4, 3, 3],
        randomFloats(2, 144, (i) => (i < 36 ? 50 : 0.002)),
      ),
      tensor('b2', [4], [0, 0.05, -0.05, 0.02]),
      // Reads nothing of the first channel.
      tensor(
        'w3',
        [5, 4, 4, 4],
        randomFloats(3, 320, (i) => (Math.floor(i / 16) % 4 === 0 ? 0 : 1)),
      ),
    ],
  });
}

const x = randomFloats(7, SAMPLES * 108);

/** All outputs, literally: a session of the runtime with or without its default fusion. */
async function outputs(model: Uint8Array, fuses: boolean): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(model, {
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: { session: { disable_quant_qdq: fuses ? '0' : '1' } },
  });
  const { y } = await session.run({ x: new ort.Tensor('float32', x, [SAMPLES, 3, 6, 6]) });
  await session.release();
  return y!.data as Float32Array;
}

function meanCosine(a: Float32Array, b: Float32Array): number {
  const size = a.length / SAMPLES;
  let sum = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = sample * size; i < (sample + 1) * size; i++) {
      ab += a[i]! * b[i]!;
      aa += a[i]! * a[i]!;
      bb += b[i]! * b[i]!;
    }
    sum += aa === 0 && bb === 0 ? 1 : aa === 0 || bb === 0 ? 0 : Math.max(0, ab / Math.sqrt(aa * bb));
  }
  return sum / SAMPLES;
}

const experiment = `version: 1
name: partly
model: { path: model.onnx }
data:
  calibration: { format: npy, path: data.npy, batchSize: 3, batches: 4 }
  evaluation: { format: npy, path: data.npy, batchSize: 4 }
task: { kind: fidelity, bootstrap: 20 }
baselines: [fp32]
grid:
  - smoothing.alpha: 0.5
    layers.exclude: [[mid]]
    quantization.execution: [simulated, integer]
run: { provider: cpu, slots: 1, threads: 1, database: q.db }
`;

describe('10: a session that is not to fuse runs a model as it is written', () => {
  it.each(['basic', 'extended', 'all'] as const)(
    'two pairs of different scales stay two at level %s',
    async (level) => {
      const model = modelBytes({
        nodes: [
          node('QuantizeLinear', ['x', 's1', 'z'], 'a'),
          node('DequantizeLinear', ['a', 's1', 'z'], 'b'),
          node('QuantizeLinear', ['b', 's2', 'z'], 'c'),
          node('DequantizeLinear', ['c', 's2', 'z'], 'y'),
        ],
        inputs: [value('x', [1, 4])],
        initializers: [
          integerTensor('z', [], storageOf({ bits: 8, signed: true }), [0]),
          tensor('s1', [], [0.5]),
          tensor('s2', [], [0.75]),
        ],
      });
      const settings = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: level } as const;
      const session = await Session.create(model, 'x', settings);
      const { y } = await session.run({ data: Float32Array.of(0.3, 0.6, 1.2, 1.9), dims: [1, 4] });
      await session.release();
      // To steps of 0.5 first: 0.5, 0.5, 1, 2; then of 0.75.
      expect([...y!.data]).toEqual([0.75, 0.75, 0.75, 2.25]);
    },
  );
});

describe('10: FP32 is FP32, also of a model with Q/DQ of its own', () => {
  it('an integer trial is held against FP32 without fusion; plan and export name what the runtime quantizes', async () => {
    const folder = temporaryFolder();
    const original = partlyQuantized();
    writeFileSync(join(folder, 'model.onnx'), original);
    writeFileSync(join(folder, 'data.npy'), npyArray('<f4', [SAMPLES, 3, 6, 6], x));
    writeFileSync(join(folder, 'partly.yaml'), experiment);
    const run = await quantsweep(folder, 'run', 'partly.yaml');
    expect(run.code, run.stdout + run.stderr).toBe(0);
    const stored = new Map(
      queryDatabase(
        join(folder, 'q.db'),
        `SELECT json_extract(t.settings, '$.quantization.execution'), a.value FROM trial t JOIN accuracy a ON a.trial_id = t.id WHERE a.metric = 'cosine' AND t.role <> 'fp32'`,
      ).rows.map(([execution, cosine]) => [execution, cosine as number]),
    );
    const exported = new Map<string, Uint8Array>();
    const said = new Map<string, string>();
    for (const [number, execution] of [
      [2, 'simulated'],
      [3, 'integer'],
    ] as const) {
      const path = join(folder, `${execution}.onnx`);
      const { code, stdout } = await quantsweep(folder, 'export', String(number), '--db', 'q.db', '-o', path);
      expect(code).toBe(0);
      exported.set(execution, readFileSync(path));
      said.set(execution, stdout);
    }
    const fp32 = await outputs(original, false);
    const integer = await outputs(exported.get('integer')!, true);
    expect(stored.get('integer')).toBeCloseTo(meanCosine(integer, fp32), 5);
    // What the fused reference would have said is something else.
    const against = await outputs(original, true);
    expect(Math.abs(meanCosine(integer, against) - meanCosine(integer, fp32))).toBeGreaterThan(0.01);
    // The export of the simulated trial behaves as simulated, under default options.
    const simulated = await outputs(exported.get('simulated')!, true);
    expect(meanCosine(simulated, fp32)).toBeCloseTo(stored.get('simulated')!, 3);
    expect(stored.get('simulated')).toBeGreaterThan(0.9);
    expect(said.get('simulated')).toMatch(
      /run by default on 8 evaluation samples it differs from the simulation by at most/,
    );
    expect(said.get('simulated')).not.toContain('Conv "mid"');
    expect(said.get('integer')).toMatch(/quantizes float weights that stand between .*: Conv "mid"/);
    expect(said.get('integer')).toContain('with integer execution');
    const plan = await quantsweep(folder, 'plan', 'partly.yaml');
    expect(plan.stdout).toMatch(/by default quantizes the float weights of Conv "mid": exported models of simulated/);
    expect(plan.stdout).toMatch(/by default quantizes the float weights of Conv "mid": trials of execution: integer/);
  });

  const folder = fileURLToPath(new URL('../../../shared/cases/C_fidelity_integer_qdq', import.meta.url));
  if (!existsSync(folder)) console.log(`skipped: the case at ${folder} is not here`);
  it.skipIf(!existsSync(folder))('stores 0 for the case whose deployed model gives nothing of FP32', async () => {
    const at = temporaryFolder();
    cpSync(folder, at, { recursive: true });
    expect((await quantsweep(at, 'run', 'sweep.yaml')).code).toBe(0);
    const sql = `SELECT a.value FROM trial t JOIN accuracy a ON a.trial_id = t.id WHERE a.metric = 'cosine' AND json_extract(t.settings, '$.quantization.execution') = 'integer'`;
    expect(queryDatabase(join(at, 'q.db'), sql).rows).toEqual([[0]]);
  });
});
