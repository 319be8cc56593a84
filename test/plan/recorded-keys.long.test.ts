import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { Running, quantsweep } from '../cli/command-line.js';

const fixtures = fileURLToPath(new URL('fixtures/content-keys/', import.meta.url));
const shipped = fileURLToPath(new URL('../../experiments/', import.meta.url));
const recordedFile = join(fixtures, 'recorded-keys.json');

/**
 * Keys of one sweep: of itself, of its trials as `label: key` in their order, of its stages as
 * `kind: key`.
 */
interface SweepKeys {
  readonly sweep: string;
  readonly trials: readonly string[];
  readonly stages: readonly string[];
}

/**
 * Versions of packages that are part of a key: of the runtime in all, of the image library in those
 * of images.
 */
interface KeyedVersions {
  readonly onnxruntime: string;
  readonly imageLibrary: string;
}

interface Recorded {
  readonly versions: KeyedVersions;
  readonly sweeps: Readonly<Record<string, SweepKeys>>;
  /**
   * Apart from the others: its samples come from the program itself, so its key may move where
   * theirs may not.
   */
  readonly demo: SweepKeys;
}

/** By the name of a sweep what is begun: an experiment file, with overrides. */
interface BegunSweep {
  readonly file: string;
  readonly set?: readonly string[];
}

const own = [
  ...['npy', 'npy-float16', 'npy-bytes', 'npy-folder', 'npz', 'idx', 'idx-gzip', 'cifar10', 'image-folder'],
  ...['image-folder-gray', 'image-letterbox', 'synthetic', 'module', 'inputs', 'tasks', 'task-module', 'task-command'],
  ...['center-detection', 'data', 'layers', 'operators', 'quantization', 'smoothing', 'search', 'judging'],
];

const onSmallData = ['model.path=cifar.onnx', 'data.calibration.path=cifar-a.bin', 'data.evaluation.path=cifar-b.bin'];

const sweeps: Readonly<Record<string, BegunSweep>> = {
  ...Object.fromEntries(own.map((name) => [name, { file: `${name}.yaml` }])),
  ...Object.fromEntries(
    ['disabled', 'basic', 'extended'].map((level) => [
      `optimization-${level}`,
      { file: 'npy.yaml', set: [`run.optimizationLevel=${level}`, `name=optimization-${level}`] },
    ]),
  ),
  ...Object.fromEntries(
    ['absmax-method', 'sensitivity', 'smoothing-methods', 'smoothquant-alpha'].map((name) => [
      name,
      {
        file: join(shipped, `${name}.yaml`),
        set: [
          ...onSmallData,
          `data.calibration.batches=${name === 'smoothquant-alpha' ? '[1, 2]' : '2'}`,
          'data.evaluation.samples=8',
        ],
      },
    ]),
  ),
};

const demo: BegunSweep = {
  file: join(shipped, 'demo.yaml'),
  set: [
    ...['data.calibration.options:={seed: 2, scenes: 8}', 'data.calibration.batchSize=2'],
    ...['data.evaluation.options:={seed: 3, scenes: 6}', 'data.calibration.batches=[2, 4]', 'search.samples=4'],
  ],
};

/**
 * Begins every sweep on one database: `run` records all keys before it works at anything, and is
 * stopped as soon as it has.
 *
 * @returns by the name of the sweep what it printed, and its keys where it was begun
 */
async function beginAll(begun: readonly BegunSweep[]): Promise<{ said: string; keys: Record<string, SweepKeys> }> {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-keys-'));
  try {
    cpSync(fixtures, folder, { recursive: true });
    let said = '';
    for (const { file, set = [] } of begun) {
      const settings = ['run.provider=cpu', 'run.slots=1', 'run.database=keys.db', ...set];
      const args = ['run', file, '--allow-code', ...settings.flatMap((setting) => ['--set', setting])];
      const running = new Running(args, folder);
      await running.printed(' to run');
      running.child.kill('SIGINT');
      const { stdout, stderr } = await running.ended;
      said += `${stdout}${stderr}\n`;
    }
    const asked = await quantsweep(folder, 'query', '--db', 'keys.db', '--format', 'json', keysOfSweeps);
    const rows = JSON.parse(asked.stdout) as readonly Readonly<Record<string, string>>[];
    const list = (json: string | undefined): readonly string[] => JSON.parse(json!) as readonly string[];
    const keys = rows.map(({ name, sweep, trials, stages }): [string, SweepKeys] => [
      name!,
      { sweep: sweep!, trials: list(trials), stages: list(stages) },
    ]);
    return { said, keys: Object.fromEntries(keys) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const keysOfSweeps = `SELECT s.sweep AS name, s.key AS sweep,
  (SELECT json_group_array(t.label || ': ' || t.key ORDER BY t.position) FROM v_trial t WHERE t.sweep = s.sweep) AS trials,
  (SELECT json_group_array(g.kind || ': ' || g.key ORDER BY g.kind, g.key) FROM v_stage g WHERE g.sweep = s.sweep) AS stages
  FROM v_sweep s ORDER BY s.last_run`;

function installedVersions(): KeyedVersions {
  const require = createRequire(import.meta.url);
  const { version } = require('onnxruntime-node/package.json') as { readonly version: string };
  const { versions } = require('sharp') as { readonly versions: Readonly<Record<string, string>> };
  return { onnxruntime: version, imageLibrary: `sharp ${versions['sharp']!}, libvips ${versions['vips']!}` };
}

const isRecording = process.env['RECORD_KEYS'] === '1';

describe('content keys', () => {
  let found: Awaited<ReturnType<typeof beginAll>>;
  beforeAll(async () => {
    found = await beginAll([...Object.values(sweeps), demo]);
    if (!isRecording) return;
    const { demo: ofDemo, ...ofOthers } = found.keys;
    const made = { versions: installedVersions(), sweeps: ofOthers, demo: ofDemo };
    writeFileSync(recordedFile, `${JSON.stringify(made, null, 2)}\n`);
  }, 1_800_000);

  /** Read after the sweeps began: a recording is there by then. */
  const recorded = (): Recorded => JSON.parse(readFileSync(recordedFile, 'utf8')) as Recorded;

  it('were recorded with the packages that are part of them', () => {
    expect(recorded().versions).toEqual(installedVersions());
  });

  it('are recorded of these sweeps and no others', () => {
    expect(Object.keys(recorded().sweeps)).toEqual(Object.keys(sweeps));
  });

  it.each(Object.keys(sweeps))('of %s are as recorded', (name) => {
    expect(found.keys[name], found.said).toBeDefined();
    expect(found.keys[name]).toEqual(recorded().sweeps[name]);
  });

  it('of the demo, on generated scenes, are as recorded', () => {
    expect(found.keys['demo'], found.said).toEqual(recorded().demo);
  });
});
