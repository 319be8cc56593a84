import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { modelBytes } from '../onnx/build-model.js';
import { smallNetwork } from '../engine/small-experiment.js';
import { quantsweep, temporaryFolder } from './command-line.js';

/**
 * Samples `[3, 6, 6]` whose channels differ in range; the label is what the sample's number says.
 */
const DATASET = `
export default ({ options }) => ({
  sampleShape: [3, 6, 6],
  sampleCount: options.samples,
  labels: Array.from({ length: options.samples }, (_, sample) => sample % 10),
  read(first, count) {
    const values = new Float32Array(count * 108);
    for (let index = 0; index < values.length; index += 1) {
      const place = first * 108 + index;
      values[index] = Math.sin(place * 12.9898) * [1, 20, 0.3][Math.floor((place % 108) / 36)];
    }
    return values;
  },
});`;

/** Share of samples whose argmax is the label; says what it got on stderr. */
const JUDGE = `
import { readFileSync } from 'node:fs';
const [file, classes] = process.argv.slice(2);
const bytes = readFileSync(file);
const data = bytes.subarray(10 + bytes.readUInt16LE(8));
const samples = data.length / 4 / Number(classes);
let right = 0;
for (let sample = 0; sample < samples; sample += 1) {
  const row = Array.from({ length: Number(classes) }, (_, c) => data.readFloatLE(4 * (sample * Number(classes) + c)));
  if (row.indexOf(Math.max(...row)) === sample % 10) right += 1;
}
console.log(JSON.stringify({ value: right / samples, metrics: { samples: samples / 1000 } }));
`;

const SHARE = `
export default () => ({
  metric: 'share',
  evaluate: (output, { label }) => output.indexOf(Math.max(...output)) === label,
  summarize: (evidence) => evidence.filter(Boolean).length / evidence.length,
});`;

function experiment(task: string): string {
  return `version: 1
name: custom
model: { path: net.onnx }
data:
  calibration: { format: module, path: code/data.mjs, options: { samples: 16 }, batchSize: 2, batches: 4 }
  evaluation: { format: module, path: code/data.mjs, options: { samples: 40 }, batchSize: 8 }
task: ${task}
loss: { samples: 4 }
gate: { samples: 2 }
grid:
  - smoothing.alpha: [0.4, 0.6]
run: { provider: cpu, slots: 2, threads: 1 }
`;
}

const COMMAND = `
  kind: command
  command: [${JSON.stringify(process.execPath)}, code/judge.mjs, '{predictions}', '10']
  metric: rightness`;

function writeFolder(task: string): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'code'));
  writeFileSync(join(folder, 'net.onnx'), modelBytes(smallNetwork('N')));
  writeFileSync(join(folder, 'code/data.mjs'), DATASET);
  writeFileSync(join(folder, 'code/judge.mjs'), JUDGE);
  writeFileSync(join(folder, 'code/share.mjs'), SHARE);
  writeFileSync(join(folder, 'a.yaml'), experiment(task));
  return folder;
}

function values(folder: string, metric: string): readonly unknown[] {
  const sql = `SELECT t.role, a.value FROM accuracy a JOIN trial t ON t.id = a.trial_id WHERE a.metric = '${metric}' ORDER BY t.key`;
  return queryDatabase(join(folder, 'quantsweep.db'), sql).rows;
}

describe("an experiment that names code of one's own", () => {
  it('runs a dataset module and a metric by command, and scores as the built-in metric does', async () => {
    const folder = writeFolder(COMMAND);
    const { code, stdout, stderr } = await quantsweep(folder, 'run', 'a.yaml', '--allow-code');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('4 trials run, 0 cached, 0 failed.');
    const again = await quantsweep(folder, 'run', 'a.yaml', '--allow-code');
    expect(again.stdout).toContain('0 trials run, 4 cached');
    const byCommand = values(folder, 'rightness');
    expect(byCommand).toHaveLength(4);
    expect(values(folder, 'samples').map((row) => (row as unknown[])[1])).toEqual([0.04, 0.04, 0.04, 0.04]);

    writeFileSync(join(folder, 'a.yaml'), experiment('classification').replace('name: custom', 'name: built-in'));
    const builtIn = await quantsweep(folder, 'run', 'a.yaml', '--allow-code');
    expect(builtIn.code).toBe(0);
    const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
    expect(sorted(values(folder, 'top1'))).toEqual(sorted(byCommand));
    const report = await quantsweep(folder, 'report', 'custom', '-o', 'custom.html');
    expect(report.stderr).toBe('');
    expect(report.code).toBe(0);
  });

  it('runs a metric module, and again where its bytes changed', async () => {
    const folder = writeFolder('{ kind: module, path: code/share.mjs, bootstrap: 20 }');
    const first = await quantsweep(folder, 'run', 'a.yaml', '--allow-code');
    expect(first.stderr).toBe('');
    expect(first.stdout).toContain('4 trials run');
    expect(values(folder, 'share')).toHaveLength(4);
    writeFileSync(join(folder, 'code/share.mjs'), `${SHARE}\n// another version`);
    const second = await quantsweep(folder, 'run', 'a.yaml', '--allow-code');
    expect(second.stdout).toContain('4 trials run, 0 cached');
  });

  it('does not run without --allow-code, and says what it would run', async () => {
    const folder = writeFolder(COMMAND);
    writeFileSync(join(folder, 'code/data.mjs'), 'import { writeFileSync } from "node:fs"; writeFileSync("ran", "");');
    for (const command of ['run', 'plan']) {
      const { code, stderr } = await quantsweep(folder, command, 'a.yaml');
      expect(code).toBe(2);
      expect(stderr).toContain(`names code to run: dataset ${join(folder, 'code/data.mjs')}`);
      expect(stderr).toContain('pass --allow-code if you trust it.');
      expect(stderr.includes('metric command')).toBe(command === 'run');
    }
    expect(() => queryDatabase(join(folder, 'quantsweep.db'), 'SELECT 1')).toThrow();
  });

  it('fails for good with the last words of a command that fails', async () => {
    const folder = writeFolder(COMMAND);
    writeFileSync(join(folder, 'code/judge.mjs'), 'console.error("the ground truth is missing"); process.exit(1);');
    const { code, stdout } = await quantsweep(folder, 'run', 'a.yaml', '--allow-code');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /FAILED the reference stage: The command .* ended with code 1\. Its last words on stderr: the ground truth is missing/,
    );
  });
});

describe('a model without data', () => {
  it('is swept on synthetic tensors, by its fidelity to FP32, which scores 1', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'net.onnx'), modelBytes(smallNetwork('N')));
    writeFileSync(
      join(folder, 'a.yaml'),
      `version: 1
name: synthetic
model: { path: net.onnx }
data:
  calibration: { format: synthetic, shape: [3, 6, 6], channelScales: { 1: 50 }, seed: 1, count: 16, batchSize: 2, batches: 8 }
  evaluation: { format: synthetic, shape: [3, 6, 6], channelScales: { 1: 50 }, seed: 2, count: 30 }
task: fidelity
quantization: { activation: { bits: 4 }, weight: { bits: 4, granularity: tensor } }
loss: { samples: 4 }
gate: { samples: 2 }
grid:
  - smoothing.alpha: [0.5]
run: { provider: cpu, slots: 2, threads: 1 }
`,
    );
    const { code, stdout, stderr } = await quantsweep(folder, 'run', 'a.yaml');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('3 trials run, 0 cached, 0 failed.');
    const rows = values(folder, 'cosine') as readonly (readonly [string, number])[];
    const by = new Map(rows);
    expect(by.get('fp32')).toBe(1);
    expect(by.get('unsmoothed')).toBeGreaterThan(0);
    expect(by.get('candidate')).toBeLessThan(1);
    const report = await quantsweep(folder, 'report', 'synthetic', '-o', 'synthetic.html');
    expect(report.stderr).toBe('');
    expect(report.code).toBe(0);
  });
});
