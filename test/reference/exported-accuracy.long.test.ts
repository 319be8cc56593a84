import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHANNELS, generateScenes, GRID } from '../../experiments/demo/scenes/scenes.mjs';
import { openTaskMetric } from '../../src/tasks/task-metric.js';
import type { TaskSettings } from '../../src/tasks/task-settings.js';
import { decodeModel } from '../../src/onnx/onnx-model.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep, smallExperiment, temporaryFolder, writeExperiment } from '../cli/command-line.js';
import { batchOf } from '../support/sample-batch.js';

/*
 * What a user gets who loads an exported model in plain onnxruntime: sessions made here with the
 * runtime's own API, the images read and scaled here.
 */

const shared = (path: string): string => fileURLToPath(new URL(`../../../shared/${path}`, import.meta.url));
const paths = {
  model: shared('models/cifar10-resnet20-bn.onnx'),
  calibration: shared('data/cifar10/data_batch_1.bin'),
  evaluation: shared('data/cifar10/test_batch.bin'),
};
const missing = Object.values(paths).filter((path) => !existsSync(path));
if (missing.length > 0)
  console.log(`Skipped: accuracy of exported models on CIFAR-10, as its files are not here (${missing.join(', ')}).`);

const python = process.env['PYTHON'] ?? 'python3';
const script = fileURLToPath(new URL('../../scripts/check-export.py', import.meta.url));
const hasPython = canImport('onnx, onnxruntime, numpy');
if (!hasPython)
  console.log(`Skipped: onnx.checker and Python's onnxruntime on exported models, as ${python} can't import them.`);

const IMAGES = 256;
const means = [0.485, 0.456, 0.406];
const deviations = [0.229, 0.224, 0.225];

/**
 * `disabled`: as written; `simulated`: optimized, nothing fused into integers; `default`: the
 * runtime's own choice.
 */
type Options = 'disabled' | 'simulated' | 'default';

const sessionOptions: Readonly<Record<Options, ort.InferenceSession.SessionOptions>> = {
  disabled: { graphOptimizationLevel: 'disabled' },
  simulated: { graphOptimizationLevel: 'all', extra: { session: { disable_quant_qdq: '1' } } },
  default: {},
};

function createSession(path: string, options: Options): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(path, { ...sessionOptions[options], intraOpNumThreads: 1, logSeverityLevel: 3 });
}

/** Images of the model that are classified right. */
async function countCorrect(path: string, options: Options): Promise<number> {
  const { labels, pixels } = readImages();
  const session = await createSession(path, options);
  const [output] = Object.values(await session.run({ input: new ort.Tensor('float32', pixels, [IMAGES, 3, 32, 32]) }));
  await session.release();
  const logits = output!.data as Float32Array;
  let correct = 0;
  for (let image = 0; image < IMAGES; image++) {
    const own = logits.subarray(10 * image, 10 * image + 10);
    if (own.indexOf(Math.max(...own)) === labels[image]) correct++;
  }
  return correct;
}

/** Records of one label byte and 3 planes of 32 x 32 bytes. */
function readImages(): { readonly labels: Uint8Array; readonly pixels: Float32Array } {
  const bytes = readFileSync(paths.evaluation);
  const labels = new Uint8Array(IMAGES);
  const pixels = new Float32Array(IMAGES * 3072);
  for (let image = 0; image < IMAGES; image++) {
    labels[image] = bytes[image * 3073]!;
    for (let i = 0; i < 3072; i++) {
      const channel = Math.floor(i / 1024);
      const value = bytes[image * 3073 + 1 + i]! / 255;
      pixels[image * 3072 + i] = (value - means[channel]!) / deviations[channel]!;
    }
  }
  return { labels, pixels };
}

function canImport(modules: string): boolean {
  try {
    execFileSync(python, ['-c', `import ${modules}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What the script prints. */
interface PythonCheck {
  readonly checker: string;
  readonly samples: number;
  readonly correct: number;
  readonly onnxruntime: string;
  readonly integer_kernels: Readonly<Record<string, number>>;
}

function checkInPython(path: string, args: readonly string[]): PythonCheck {
  return JSON.parse(execFileSync(python, [script, path, ...args], { encoding: 'utf8' })) as PythonCheck;
}

interface Exported {
  readonly path: string;
  readonly label: string;
  readonly alphaMode: string;
  readonly execution: string;
  readonly correct: number | null;
  readonly value: number;
}

/** Exports every quantized trial of the folder's database. */
async function exportAll(folder: string): Promise<readonly Exported[]> {
  const { rows } = queryDatabase(
    join(folder, 'quantsweep.db'),
    `SELECT t.trial, t.label, t.alpha_mode, t.execution, a.correct, t.value FROM v_trial t
     JOIN v_accuracy a ON a.trial = t.trial AND a.metric = t.metric AND a.slice = '' WHERE t.role <> 'fp32' ORDER BY t.trial`,
  );
  const exported: Exported[] = [];
  for (const [trial, label, alphaMode, execution, correct, value] of rows) {
    const path = join(folder, `${String(trial)}.onnx`);
    const { code, stderr } = await quantsweep(folder, 'export', String(trial), '-o', path);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    exported.push({
      path,
      label: String(label),
      alphaMode: String(alphaMode),
      execution: String(execution),
      correct: correct as number | null,
      value: Number(value),
    });
  }
  return exported;
}

const cifarExperiment = `version: 1
name: cifar
model: { path: ${JSON.stringify(paths.model)} }
data:
  calibration: { format: cifar10, path: ${JSON.stringify(paths.calibration)}, batchSize: 20, batches: 2 }
  evaluation: { format: cifar10, path: ${JSON.stringify(paths.evaluation)}, samples: ${IMAGES} }
  preprocess: { divideBy: 255, mean: [${means.join(', ')}], std: [${deviations.join(', ')}] }
task: classification
loss: { samples: 4 }
gate: { samples: 4 }
grid:
  - smoothing.alpha: 0.5
    quantization.activation.bits: [8, 4]
    quantization.execution: [simulated, integer]
  - smoothing.alpha: 0.5
    smoothing.apply: fold
    quantization.activation.scheme: asymmetric
    quantization.execution: [simulated, integer]
run: { provider: cpu, slots: 2, threads: 1 }
`;

describe.skipIf(missing.length > 0)('an exported model on CIFAR-10 in a plain session', () => {
  let folder = '';
  let exported: readonly Exported[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'quantsweep-exported-'));
    const { code, stdout } = await quantsweep(folder, 'run', writeExperiment(folder, cifarExperiment));
    expect(stdout).toContain('0 failed');
    expect(code).toBe(0);
    exported = await exportAll(folder);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /**
   * A value on the border of two levels may round to the other where x / s / scale is not x / (s *
   * scale).
   */
  const slack = ({ alphaMode }: Exported): number => (alphaMode === 'none' ? 0 : 1);

  it('has the stored accuracy of a simulated trial where nothing is fused', async () => {
    const simulated = exported.filter((one) => one.execution === 'simulated');
    expect(simulated).toHaveLength(6);
    for (const one of simulated) {
      const correct = await countCorrect(one.path, 'simulated');
      expect(Math.abs(correct - one.correct!), one.label).toBeLessThanOrEqual(slack(one));
    }
  });

  it('has the stored accuracy with optimizations off, but for an image on which levels of optimization differ', async () => {
    for (const one of exported.filter(({ execution }) => execution === 'simulated')) {
      const correct = await countCorrect(one.path, 'disabled');
      expect(Math.abs(correct - one.correct!), one.label).toBeLessThanOrEqual(1);
    }
  });

  it('has the stored accuracy of an integer trial by default', async () => {
    const integer = exported.filter((one) => one.execution === 'integer');
    expect(integer).toHaveLength(6);
    for (const one of integer) expect(await countCorrect(one.path, 'default'), one.label).toBe(one.correct);
  });

  it.skipIf(!hasPython)('passes onnx.checker and has the stored accuracy in Python', () => {
    for (const one of exported) {
      const told = checkInPython(one.path, [
        ...['--cifar10', paths.evaluation, '--samples', String(IMAGES)],
        ...['--divide-by', '255', '--mean', means.join(','), '--std', deviations.join(',')],
        ...(one.execution === 'simulated' ? ['--as-simulated'] : []),
      ]);
      expect(told.checker).toBe('ok');
      expect(told.samples).toBe(IMAGES);
      // Kernels of another version may round otherwise.
      const allowed = told.onnxruntime === ort.env.versions.node ? slack(one) : 3;
      expect(Math.abs(told.correct - one.correct!), one.label).toBeLessThanOrEqual(allowed);
      const isFused = one.execution === 'integer' && one.label.includes('asymmetric');
      expect(Object.keys(told.integer_kernels), one.label).toEqual(isFused ? ['QLinearConv'] : []);
    }
  });
});

function metadataOf(path: string): ReadonlyMap<string, string> {
  return new Map(decodeModel(readFileSync(path)).proto.metadataProps.map((p) => [p.key, p.value]));
}

/** The model's mAP over the small experiment's evaluation scenes. */
async function measureMap(path: string): Promise<number> {
  const scenes = 12;
  const { features, groundTruth } = generateScenes({ seed: 3, first: 0, count: scenes });
  const x = new ort.Tensor('float32', features, [scenes, CHANNELS.length, GRID, GRID]);
  const session = await createSession(path, 'simulated');
  const [output] = Object.values(await session.run({ [session.inputNames[0]!]: x }));
  await session.release();
  const { task } = JSON.parse(metadataOf(path).get('quantsweep.settings')!) as { readonly task: TaskSettings };
  const metric = await openTaskMetric(task, { labels: null, groundTruth, referenceArgmax: null, sampleCount: scenes });
  await metric.add(batchOf(0, scenes, output!.data as Float32Array, output!.dims));
  const { evaluation } = await metric.finish();
  return evaluation.accuracies.find(({ metric: name, slice }) => name === 'mAP' && slice === '')!.value;
}

/**
 * Every scheme, narrow ranges, rules that mix bits, weights by mse: each in a trial of its own or
 * beside others.
 */
const schemesGrid = `grid:
  - smoothing.mode: none
    quantization.activation.scheme: [signed, unsigned, auto, asymmetric]
    quantization.activation.narrowRange: true
    layers.rules:
      - []
      - [{ match: '*', weightBits: 4 }, { match: first, precision: float }, { match: last, activationBits: 16, weightBits: 16 }]
  - smoothing.mode: none
    quantization.weight.scheme: [signed, asymmetric]
    quantization.weight.calibrator: mse
    quantization.weight.granularity: [channel, tensor]
    quantization.weight.narrowRange: true
    quantization.weight.bits: 3
`;

describe('an exported model of the embedded detector in a plain session', () => {
  it('has the stored mAP whatever the schemes, bits and rules of the trial', async () => {
    const folder = temporaryFolder();
    const text = smallExperiment.replace(/grid:[^]*(?=run:)/, `baselines: [fp32]\n${schemesGrid}`);
    expect((await quantsweep(folder, 'run', writeExperiment(folder, text))).code).toBe(0);
    const exported = await exportAll(folder);
    expect(exported).toHaveLength(12);
    for (const { path, label, value } of exported) {
      expect(Math.abs((await measureMap(path)) - value), label).toBeLessThanOrEqual(1e-6);
      const float = label.includes('first:float');
      const smoothing = JSON.parse(metadataOf(path).get('quantsweep.smoothing')!) as object;
      expect(Object.keys(smoothing), label).toHaveLength(float ? 9 : 10);
    }
  });

  it('has the stored mAP, and tells of its trial in its metadata', async () => {
    const folder = temporaryFolder();
    expect((await quantsweep(folder, 'run', writeExperiment(folder))).code).toBe(0);
    const exported = await exportAll(folder);
    expect(exported).toHaveLength(7);
    for (const { path, label, value, alphaMode } of exported) {
      const measured = await measureMap(path);
      const metadata = metadataOf(path);
      const settings = JSON.parse(metadata.get('quantsweep.settings')!) as object;
      expect(Math.abs(measured - value), label).toBeLessThanOrEqual(alphaMode === 'none' ? 1e-6 : 5e-3);
      expect(metadata.get('quantsweep.label')).toBe(label);
      expect(metadata.get('quantsweep.simulated.mAP')).toBe(String(value));
      expect(metadata.get('quantsweep.sweep_key')).toMatch(/^[0-9a-f]{64}$/);
      expect(settings).toMatchObject({ smoothing: { mode: alphaMode } });
      const smoothing = JSON.parse(metadata.get('quantsweep.smoothing')!) as Readonly<Record<string, { s: number[] }>>;
      expect(Object.keys(smoothing)).toHaveLength(10);
      for (const { s } of Object.values(smoothing)) expect(s.some((v) => v !== 1)).toBe(alphaMode !== 'none');
    }
  });
});
