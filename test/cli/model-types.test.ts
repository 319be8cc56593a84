import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { decodeModel } from '../../src/onnx/onnx-model.js';
import { intAttribute } from '../../src/onnx/node.js';
import { TensorProto_DataType } from '../../src/onnx/proto/onnx_pb.js';
import { statedType } from '../../src/onnx/types/element-types.js';
import { narrowToFloat16 } from '../../src/onnx/types/float16.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { smallNetwork } from '../engine/small-network.js';
import { npyArray } from '../formats/write-files.js';
import { modelBytes, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { plainFloats, typedModelBytes, type FloatType } from '../onnx/types/typed-model.js';
import { quantsweep, temporaryFolder } from './command-line.js';

const { BFLOAT16, DOUBLE, FLOAT, FLOAT16, INT64, UINT8 } = TensorProto_DataType;
const SAMPLES = 24;

const small = smallNetwork('N');
const exact = {
  ...small,
  initializers: small.initializers!.map((own) =>
    tensor(own.name, own.dims.map(Number), plainFloats(new Float32Array(new Uint8Array(own.rawData).buffer))),
  ),
  outputShapes: { y: ['N', 10] },
} as const;

const samples = plainFloats(randomFloats(7, SAMPLES * 108));

function folderWith(model: Uint8Array, x: Uint8Array): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'net.onnx'), model);
  writeFileSync(join(folder, 'x.npy'), x);
  writeFileSync(
    join(folder, 'a.yaml'),
    `version: 1
name: types
model: { path: net.onnx }
data:
  calibration: { format: npy, path: x.npy, batchSize: 2, batches: 4 }
  evaluation: { format: npy, path: x.npy, batchSize: 5 }
task: fidelity
loss: { samples: 6, modes: [accumulated, isolated] }
gate: { samples: 3 }
grid:
  - smoothing.alpha: [0.5]
run: { provider: cpu, slots: 1, threads: 1 }
`,
  );
  return folder;
}

async function swept(folder: string): Promise<string> {
  const { code, stdout, stderr } = await quantsweep(folder, 'run', 'a.yaml');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const floats = npyArray('<f4', [SAMPLES, 3, 6, 6], samples);

function results(folder: string): unknown {
  const read = (sql: string) => queryDatabase(join(folder, 'quantsweep.db'), sql).rows;
  return [
    read('SELECT number, metric, value FROM accuracy JOIN trial ON trial.id = trial_id ORDER BY 1, 2'),
    read('SELECT * FROM v_trial_layer LIMIT 0'),
  ];
}

async function outputs(path: string, feed: ort.Tensor): Promise<ort.Tensor> {
  const session = await ort.InferenceSession.create(path, {
    graphOptimizationLevel: 'disabled',
    extra: { session: { disable_quant_qdq: '1', disable_double_qdq_remover: '1' } },
  });
  try {
    return (await session.run({ x: feed }))['y']!;
  } finally {
    await session.release();
  }
}

/** Float16 as numbers, whatever array this version of Node has. */
function numbersOf({ data, type }: ort.Tensor): number[] {
  if (type !== 'float16') return Array.from(data as Float32Array);
  const { buffer, byteOffset, byteLength } = data as Uint16Array;
  return Array.from(new Uint16Array(buffer, byteOffset, byteLength / 2), (bits) => {
    const fraction = bits & 0x3ff;
    const exponent = (bits >> 10) & 31;
    const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
    return bits >= 0x8000 ? -size : size;
  });
}

describe('a sweep of a model of another float type', () => {
  const models: readonly (readonly [string, FloatType, boolean])[] = [
    ['float16', FLOAT16, false],
    ['float16 with float32 ends', FLOAT16, true],
    ['bfloat16', BFLOAT16, false],
    ['float64', DOUBLE, false],
  ];
  it.each(models)('%s gives the numbers of its float32 twin', async (_name, type, keepsEnds) => {
    const twin = folderWith(modelBytes(exact), floats);
    const own = folderWith(typedModelBytes({ ...exact, type, keepsEnds }), floats);
    await swept(twin);
    const said = await swept(own);
    const types = _name.split(' ')[0]!;
    expect(said).toContain(`net.onnx: ${types} weights${keepsEnds ? '' : ', inputs and outputs'} are computed in float32`);
    expect(results(own)).toEqual(results(twin));
  });

  it.each(['model', 'float32', 'default'])('exports float16 with --float %s, and it runs as stored', async (choice) => {
    const folder = folderWith(typedModelBytes({ ...exact, type: FLOAT16 }), floats);
    const twin = folderWith(modelBytes(exact), floats);
    await swept(folder);
    await swept(twin);
    const flag = choice === 'default' ? [] : ['--float', choice];
    const { code, stdout, stderr } = await quantsweep(folder, 'export', 'best', '-o', 'out.onnx', ...flag);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await quantsweep(twin, 'export', 'best', '-o', 'out.onnx');
    const model = decodeModel(readFileSync(join(folder, 'out.onnx')));
    expect([...model.graph.input, ...model.graph.output].map(statedType)).toEqual([FLOAT16, FLOAT16]);
    const conv = model.graph.node.find(({ opType }) => opType === 'Conv')!;
    const isHalf = model.index.producers.get(conv.input[1]!)!.opType === 'Cast';
    expect(isHalf).toBe(choice !== 'float32');
    expect(stdout).toMatch(choice === 'float32' ? /written in float32 in place of float16/ : /written in float16, as/);
    expect(stdout).toMatch(/differs from the simulation by at most \d/);
    const dims = [SAMPLES, 3, 6, 6];
    const half = await outputs(
      join(folder, 'out.onnx'),
      new ort.Tensor('float16', narrowToFloat16(samples) as never, dims),
    );
    const full = numbersOf(await outputs(join(twin, 'out.onnx'), new ort.Tensor('float32', samples, dims)));
    expect(half.type).toBe('float16');
    const largest = Math.max(...full.map(Math.abs));
    const found = numbersOf(half);
    expect(found).toHaveLength(full.length);
    for (const [i, number] of full.entries()) expect(Math.abs(found[i]! - number)).toBeLessThan(largest * 0.01);
  });
});

describe('a model with an integer input', () => {
  const withIntegers = (elemType: TensorProto_DataType): Uint8Array =>
    modelBytes({
      ...small,
      nodes: [
        node('Cast', ['x'], 'float', [intAttribute('to', FLOAT)]),
        node('Mul', ['float', 'step'], 'scaled'),
        ...small.nodes.map((own) => ({ ...own, input: own.input.map((name) => (name === 'x' ? 'scaled' : name)) })),
      ],
      inputs: [value('x', ['N', 3, 6, 6], elemType)],
      initializers: [...small.initializers!, tensor('step', [], [1 / 255])],
    });
  const bytes = Uint8Array.from({ length: SAMPLES * 108 }, (_, i) => (i * 37 + (i >> 3)) % 256);

  it.each([UINT8, INT64] as const)('is swept as a float32 model that is fed the same numbers (type %s)', async (type) => {
    const x = npyArray('|u1', [SAMPLES, 3, 6, 6], bytes);
    const twin = folderWith(withIntegers(FLOAT), x);
    const own = folderWith(withIntegers(type), x);
    await swept(twin);
    await swept(own);
    expect(results(own)).toEqual(results(twin));
    const { code, stdout } = await quantsweep(own, 'export', 'best', '-o', 'out.onnx');
    expect(code).toBe(0);
    expect(stdout).toMatch(/differs from the simulation by at most/);
    expect(statedType(decodeModel(readFileSync(join(own, 'out.onnx'))).graph.input[0]!)).toBe(type);
  });

  it('names the sample that the type can’t hold, in plan where it is the first', async () => {
    const fractions = folderWith(withIntegers(UINT8), npyArray('<f4', [SAMPLES, 3, 6, 6], samples));
    const plan = await quantsweep(fractions, 'plan', 'a.yaml');
    expect(plan.code).toBe(2);
    expect(plan.stderr).toMatch(/whole numbers within 0\.\.255 for input "x", which takes uint8, got .* of sample 0/);
    const late = Float32Array.from(bytes);
    late[5 * 108 + 3] = 256;
    const beyond = folderWith(withIntegers(UINT8), npyArray('<f4', [SAMPLES, 3, 6, 6], late));
    const run = await quantsweep(beyond, 'run', 'a.yaml');
    expect(run.code).not.toBe(0);
    expect(run.stdout + run.stderr).toMatch(/got 256 \(number 3 of sample 5\)/);
  });
});
