import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import { exportModel, type ExportOutcome } from '../../src/api/export-model.js';
import { loadExperiment } from '../../src/api/load-experiment.js';
import { planSweep } from '../../src/api/plan-sweep.js';
import { runSweep } from '../../src/api/run-sweep.js';
import type { OpenExecutor } from '../../src/engine/executor.js';
import type { Experiment } from '../../src/experiment/sections/settings.js';
import { checkExported, type ExportCheck } from '../../src/export/check-exported.js';
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
import { MemoryExecutor } from '../engine/memory-executor.js';

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

const executor: OpenExecutor = (request) => new MemoryExecutor(request);

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folderWith(model: Uint8Array, x: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-types-'));
  folders.push(folder);
  writeFileSync(join(folder, 'net.onnx'), model);
  writeFileSync(join(folder, 'x.npy'), x);
  return folder;
}

function experimentIn(folder: string): Experiment {
  const data = { format: 'npy', path: join(folder, 'x.npy') } as const;
  return loadExperiment(
    {
      version: 1,
      name: 'types',
      model: { path: join(folder, 'net.onnx') },
      data: { calibration: { ...data, batchSize: 2, batches: 4 }, evaluation: { ...data, batchSize: 5 } },
      task: 'fidelity',
      loss: { samples: 6, modes: ['accumulated', 'isolated'] },
      gate: { samples: 3 },
      grid: { 'smoothing.alpha': [0.5] },
    },
    { database: databaseIn(folder) },
  );
}

function databaseIn(folder: string): string {
  return join(folder, 'quantsweep.db');
}

/** Notes of the sweep, which must not fail. */
async function swept(folder: string): Promise<readonly string[]> {
  const notes: string[] = [];
  const { failed } = await runSweep(experimentIn(folder), {
    executor,
    onEvent: (event) => {
      if (event.kind === 'prepared') notes.push(...event.notes);
    },
  });
  expect(failed).toEqual([]);
  return notes;
}

const floats = npyArray('<f4', [SAMPLES, 3, 6, 6], samples);

interface Swept {
  readonly folder: string;
  readonly notes: readonly string[];
}

const known = new Map<string, Promise<Swept>>();

/** The swept network in a float type, once for all tests. */
function sweptIn(type: FloatType, keepsEnds = false): Promise<Swept> {
  const key = `${type} ${keepsEnds}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const model = type === FLOAT ? modelBytes(exact) : typedModelBytes({ ...exact, type, keepsEnds });
  const folder = folderWith(model, floats);
  const own = swept(folder).then((notes) => ({ folder, notes }));
  known.set(key, own);
  return own;
}

/** All numbers of a sweep that depend on the model. */
function results(folder: string): unknown {
  return [
    'SELECT label, value, mean_l1, mean_sqnr_db, agreement, gate_error FROM v_trial ORDER BY trial',
    'SELECT label, layer, role, amax, scale, zero_point FROM v_amax ORDER BY trial, position, role',
  ].map((sql) => queryDatabase(databaseIn(folder), sql).rows);
}

function writeExported(folder: string, floats?: 'model' | 'float32'): ExportOutcome {
  const output = join(folder, 'out.onnx');
  return exportModel(databaseIn(folder), { output, force: true, ...(floats === undefined ? {} : { floats }) });
}

/** What the command says of the file that it exported. */
async function exported(folder: string, floats?: 'model' | 'float32'): Promise<ExportCheck> {
  const outcome = writeExported(folder, floats);
  return checkExported(outcome.exported, outcome.trial.settings, false);
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

const typeNames = new Map<TensorProto_DataType, string>([
  [FLOAT, 'float32'],
  [FLOAT16, 'float16'],
  [DOUBLE, 'float64'],
]);

function tensorOf(type: FloatType, dims: readonly number[]): ort.Tensor {
  if (type === DOUBLE) return new ort.Tensor('float64', Float64Array.from(samples), dims);
  if (type === FLOAT) return new ort.Tensor('float32', samples, dims);
  const tensor = new ort.Tensor('uint16', narrowToFloat16(samples), dims);
  return Object.defineProperty(tensor, 'type', { value: 'float16' });
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
  it.each(models)('%s gives the numbers of its float32 twin', async (name, type, keepsEnds) => {
    const { folder: twin } = await sweptIn(FLOAT);
    const { folder: own, notes } = await sweptIn(type, keepsEnds);
    const [stated] = name.split(' ');
    expect(notes).toContain(
      `net.onnx: ${stated} weights${keepsEnds ? '' : ', inputs and outputs'} are computed in float32`,
    );
    expect(results(own)).toEqual(results(twin));
    expect(queryDatabase(databaseIn(own), 'SELECT stored_type FROM model').rows).toEqual([[stated]]);
  });

  it.each([
    ['model', FLOAT16, false],
    ['float32', FLOAT16, false],
    [undefined, FLOAT16, false],
    [undefined, FLOAT16, true],
    [undefined, DOUBLE, false],
  ] as const)('is exported as %s (type %s, float32 ends %s), and runs as stored', async (choice, type, keepsEnds) => {
    const { folder: own } = await sweptIn(type, keepsEnds);
    const { folder: twin } = await sweptIn(FLOAT);
    const check = await exported(own, choice);
    expect(check).toMatchObject({ weights: [], biases: [], notCompared: null });
    const isOwn = (choice ?? (type === FLOAT16 ? 'model' : 'float32')) === 'model';
    expect(check.compared!.difference).toBeLessThan(isOwn && type === FLOAT16 ? 0.02 : 1e-3);
    await exported(twin);
    const model = decodeModel(readFileSync(join(own, 'out.onnx')));
    const end = keepsEnds ? FLOAT : type;
    expect([...model.graph.input, ...model.graph.output].map(statedType)).toEqual([end, end]);
    const conv = model.graph.node.find(({ opType }) => opType === 'Conv')!;
    expect(model.index.producers.get(conv.input[1]!)!.opType === 'Cast').toBe(isOwn);
    const dims = [SAMPLES, 3, 6, 6];
    const out = await outputs(join(own, 'out.onnx'), tensorOf(end, dims));
    const full = numbersOf(await outputs(join(twin, 'out.onnx'), tensorOf(FLOAT, dims)));
    expect(out.type).toBe(typeNames.get(end));
    const found = numbersOf(out);
    const largest = Math.max(...full.map(Math.abs));
    expect(found).toHaveLength(full.length);
    for (const [i, number] of full.entries()) {
      expect(Math.abs(found[i]! - number)).toBeLessThan(largest * (type === FLOAT16 ? 0.01 : 1e-6));
    }
  });

  // The runtime's CPU has no kernels for these: their files are not run here.
  it.each([
    [BFLOAT16, undefined],
    [DOUBLE, 'model'],
  ] as const)('is exported in its own type %s', async (type, choice) => {
    const { folder } = await sweptIn(type);
    writeExported(folder, choice);
    const model = decodeModel(readFileSync(join(folder, 'out.onnx')));
    expect([...model.graph.input, ...model.graph.output].map(statedType)).toEqual([type, type]);
    const types = model.graph.initializer.filter(({ name }) => !name.startsWith('quantsweep/')).map((t) => t.dataType);
    expect(new Set(types)).toEqual(new Set([type]));
  });

  it('is exported in float32 with ends of bfloat16', async () => {
    const { folder } = await sweptIn(BFLOAT16);
    writeExported(folder, 'float32');
    const model = decodeModel(readFileSync(join(folder, 'out.onnx')));
    expect([...model.graph.input, ...model.graph.output].map(statedType)).toEqual([BFLOAT16, BFLOAT16]);
    expect(model.graph.initializer.some(({ dataType }) => dataType === (BFLOAT16 as number))).toBe(false);
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

  it.each([UINT8, INT64] as const)('is swept like a float32 model that is fed the same numbers (%s)', async (type) => {
    const x = npyArray('|u1', [SAMPLES, 3, 6, 6], bytes);
    const twin = folderWith(withIntegers(FLOAT), x);
    const own = folderWith(withIntegers(type), x);
    await swept(twin);
    await swept(own);
    expect(results(own)).toEqual(results(twin));
    expect(await exported(own)).toMatchObject({ notCompared: null });
    expect(statedType(decodeModel(readFileSync(join(own, 'out.onnx'))).graph.input[0]!)).toBe(type);
  });

  it('names the sample that the type can’t hold, before anything runs where it is the first', async () => {
    const fractions = folderWith(withIntegers(UINT8), npyArray('<f4', [SAMPLES, 3, 6, 6], samples));
    await expect(planSweep(experimentIn(fractions))).rejects.toThrow(
      /whole numbers within 0\.\.255 for input "x", which takes uint8, got .* of sample 0.*data\.preprocess/,
    );
    const late = Float32Array.from(bytes);
    late[5 * 108 + 3] = 256;
    const beyond = folderWith(withIntegers(UINT8), npyArray('<f4', [SAMPLES, 3, 6, 6], late));
    const { failed } = await runSweep(experimentIn(beyond), { executor });
    expect(failed.length).toBeGreaterThan(0);
    expect(JSON.stringify(failed)).toContain('got 256 (number 3 of sample 5)');
  });
});
