import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mergeDatabases } from '../../src/index.js';
import { queryDatabase, type SqlValue } from '../../src/store/query/query-database.js';
import { hashTask } from '../../src/tasks/hash-task.js';
import { quantsweep } from '../cli/command-line.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { BrokerProcess } from './broker-process.js';
import { compareDatabases } from './compare-databases.js';
import { startAgent } from './start-agent.js';

const zoo = fileURLToPath(new URL('../../experiments/zoo/', import.meta.url));

/** Prints figures of two outputs, and how many samples and files it was given. */
const judge = `
import { readdirSync, readFileSync } from 'node:fs';
const [scores, boxes, folder] = process.argv.slice(2);
const mean = (path) => {
  const bytes = readFileSync(path);
  const data = bytes.subarray(10 + bytes.readUInt16LE(8));
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) sum += data.readFloatLE(at);
  return (4 * sum) / data.length;
};
const { samples } = JSON.parse(readFileSync(folder + '/samples.json', 'utf8'));
const metrics = { boxes: Math.abs(mean(boxes)), samples: samples / 100, files: readdirSync(folder).length / 100 };
console.log(JSON.stringify({ value: mean(scores), metrics }));
`;
const command = ['node', 'judge.mjs', '{predictions:scores}', '{predictions:boxes}', '{folder}'];

interface Sweep {
  readonly name: string;
  /** Below the zoo, what it reads: the model first. */
  readonly reads: readonly string[];
  readonly experiment: string;
  /** What the database must show, so that the comparison is of something. */
  readonly shows: readonly (readonly [sql: string, rows: readonly (readonly SqlValue[])[]])[];
}

const data = (format: string, settings: string, samples: number): string => `
data:
  calibration: { format: ${format}, path: calibration, ${settings}, batchSize: 4, batches: 2 }
  evaluation: { format: ${format}, path: evaluation, ${settings}, batchSize: 4, samples: ${samples} }`;

const sweeps: readonly Sweep[] = [
  {
    name: 'detector: letterboxed pictures, COCO JSON, layers kept in float until the loss is small',
    reads: ['detector/detector.onnx', 'detector/calibration', 'detector/evaluation', 'detector/instances.json'],
    experiment: `${data('imageFolder', 'letterbox: { size: model }', 12)}
  preprocess: { divideBy: 255 }
task: { kind: detection, truth: instances.json, head: { kind: yolov8 }, bootstrap: 20 }
quantization: { activation: { bits: 6 } }
grid:
  - smoothing.alpha: 0.5
    layers.keepFloat: auto
    layers.keepFloatLoss: 0.03`,
    shows: [
      ['SELECT count(*) > 2, sum(chosen) FROM v_keep_try', [[1, 1]]],
      [`SELECT count(*) > 2 FROM v_attempt WHERE part LIKE '% in float%' AND status = 'done'`, [[1]]],
    ],
  },
  {
    name: 'segmenter: a folder of masks',
    reads: ['segmenter/segmenter.onnx', 'segmenter/calibration', 'segmenter/evaluation', 'segmenter/masks'],
    experiment: `${data('imageFolder', 'resize: [64, 64]', 12)}
  preprocess: { divideBy: 255 }
task: { kind: segmentation, truth: masks, classes: [background, disc, box, triangle], bootstrap: 20 }
layers: { ops: [Conv, ConvTranspose] }
grid:
  - smoothing.alpha: 0.5`,
    shows: [[`SELECT DISTINCT metric FROM v_trial`, [['mIoU']]]],
  },
  {
    name: 'ssd: outputs that go to a command',
    reads: ['ssd/ssd.onnx', 'detector/calibration', 'detector/evaluation'],
    experiment: `${data('imageFolder', 'resize: [96, 96]', 12)}
  preprocess: { mean: [127, 127, 127], std: [128, 128, 128] }
task: { kind: command, command: ${JSON.stringify(command)}, metric: meanScore }
grid:
  - smoothing.alpha: 0.5`,
    shows: [
      [
        `SELECT DISTINCT metric, value FROM accuracy WHERE metric IN ('samples', 'files') ORDER BY 1`,
        [
          ['files', 0.03],
          ['samples', 0.12],
        ],
      ],
    ],
  },
  {
    name: 'keywords: folders of WAV files',
    reads: ['keywords/keywords.onnx', 'keywords/calibration', 'keywords/evaluation'],
    experiment: `${data('wavFolder', 'sampleRate: 8000, length: 2000', 16)}
task: classification
grid:
  - smoothing.alpha: 0.5`,
    shows: [[`SELECT DISTINCT metric FROM v_trial`, [['top1']]]],
  },
];

describeWithRedis('models of every kind on agents', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-kinds-'));
  const started: BrokerProcess[] = [];
  let redis: RedisServer;

  const experimentIn = (name: string, { reads, experiment }: Sweep): string => {
    const own = join(folder, name);
    mkdirSync(own);
    for (const path of reads) cpSync(join(zoo, path), join(own, path.split('/')[1]!), { recursive: true });
    writeFileSync(join(own, 'judge.mjs'), judge);
    const model = reads[0]!.split('/')[1]!;
    const more = `loss: { samples: 4 }\ngate: { samples: 2 }\nbaselines: [fp32]\nrun: { provider: cpu, slots: 2, threads: 1 }`;
    writeFileSync(
      join(own, 'sweep.yaml'),
      `version: 1\nname: kinds\nmodel: { path: ${model} }${experiment}\n${more}\n`,
    );
    return own;
  };

  const agent = async (name: string, arrange: (data: string) => void): Promise<void> => {
    const own = join(folder, name);
    mkdirSync(join(own, 'data'), { recursive: true });
    arrange(join(own, 'data'));
    const task = { kind: 'command', command, folder: join(own, 'data', 'code') } as const;
    mkdirSync(task.folder);
    writeFileSync(join(task.folder, 'judge.mjs'), judge);
    const sha256 = await hashTask({ ...task, metric: 'meanScore', higherIsBetter: true, timeoutSeconds: 600 });
    started.push(
      startAgent({ redis, folder: own, data: [join(own, 'data')], slots: 1, args: ['--allow-code', sha256!] }),
    );
  };

  beforeAll(async () => {
    redis = await startRedis();
    // Folders as they are, elsewhere; and all files in one folder, under names that say nothing.
    await agent('one', (own) => {
      cpSync(zoo, join(own, 'somewhere', 'else'), { recursive: true });
    });
    await agent('two', (own) => {
      for (const entry of readdirSync(zoo, { withFileTypes: true, recursive: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const name = createHash('sha256').update(path).digest('hex').slice(0, 12);
        copyFileSync(path, join(own, `${name}${extname(path)}`));
      }
    });
    await Promise.all(started.map((each) => each.prints(/is ready/)));
  });

  afterAll(async () => {
    await Promise.all(started.map((each) => each.end()));
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(sweeps)('$name', async (sweep) => {
    const [kind] = sweep.name.split(':');
    const [local, own] = [experimentIn(`${kind}-local`, sweep), experimentIn(`${kind}-agents`, sweep)];
    const ran = await quantsweep(local, 'run', 'sweep.yaml', '--allow-code');
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    const args = ['run', 'sweep.yaml', '--allow-code', '--broker', redis.url];
    const run = new BrokerProcess(args, own, redis.environment('coordinator'));
    started.push(run);
    const { code, stdout, stderr } = await run.exit;
    expect(code, stdout + stderr + started.map(({ output }) => output).join('\n')).toBe(0);
    const [one, other] = [join(local, 'quantsweep.db'), join(own, 'quantsweep.db')];
    for (const [sql, rows] of sweep.shows) {
      expect([sql, queryDatabase(one, sql).rows, queryDatabase(other, sql).rows]).toEqual([sql, rows, rows]);
    }
    expect(compareDatabases(one, other)).toEqual({});
    expect(queryDatabase(other, `SELECT count(*) FROM v_attempt WHERE agent IS NULL`).rows).toEqual([[0]]);
    // What agents found is the same work, so that a merge finds nothing to object to.
    const { database, sources } = await mergeDatabases([other, one], join(folder, `${kind}.db`));
    expect(sources.map(({ trials }) => trials)).toEqual([2, 0]);
    expect(compareDatabases(one, database)).toEqual({});
  });
});
