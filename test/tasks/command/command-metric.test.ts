import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCommandMetric } from '../../../src/tasks/command/command-metric.js';
import { inspectCommand } from '../../../src/tasks/command/inspect-command.js';
import type { TaskSettings } from '../../../src/tasks/task-settings.js';
import { temporaryFolder } from '../../formats/write-files.js';
import { batchOf } from '../../support/sample-batch.js';

type CommandTask = Extract<TaskSettings, { kind: 'command' }>;

/** Prints the mean of the predictions, after checking the header as NumPy reads it. */
const MEAN = `
import { readFileSync } from 'node:fs';
const bytes = readFileSync(process.argv[2]);
const length = bytes.readUInt16LE(8);
const header = bytes.subarray(10, 10 + length).toString('latin1');
if ((10 + length) % 64 !== 0 || !header.endsWith('\\n')) throw new Error('bad header');
const shape = /'descr': '<f4', 'fortran_order': False, 'shape': \\(([^)]*)\\)/.exec(header)[1];
const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset + 10 + length, bytes.byteOffset + bytes.length));
const value = data.reduce((a, b) => a + b, 0) / data.length;
console.log(JSON.stringify({ value, metrics: { first: data[0], last: data[data.length - 1], cells: shape === '3, 2' ? 1 : 0 } }));
`;

function taskOf(script: string, changes: Partial<CommandTask> = {}): CommandTask {
  const folder = dirname(temporaryFolder()('eval.mjs', script));
  return {
    kind: 'command',
    command: [process.execPath, 'eval.mjs', '{predictions}'],
    folder,
    metric: 'mean',
    higherIsBetter: true,
    timeoutSeconds: 30,
    ...changes,
  };
}

async function run(task: CommandTask) {
  const metric = createCommandMetric(task, { labels: null, groundTruth: null, referenceArgmax: null, sampleCount: 3 });
  await metric.add(batchOf(1, 2, Float32Array.of(0.5, 0.25, 0, 1), [2, 2]));
  await metric.add(batchOf(0, 1, Float32Array.of(0.75, 0.5), [1, 2]));
  return (await metric.finish()).evaluation;
}

const leftovers = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('quantsweep-predictions-'));

describe('a metric by command', () => {
  it('gets all outputs in the order of the samples as .npy and gives the values that it prints', async () => {
    const before = leftovers();
    const { primaryMetric, accuracies, outcomes, samples } = await run(taskOf(MEAN));
    expect([primaryMetric, samples, outcomes]).toEqual(['mean', 3, []]);
    const none = { slice: '', ciLow: null, ciHigh: null, ciMethod: null, correct: null, total: null };
    expect(accuracies).toEqual([
      { metric: 'mean', value: 0.5, ...none },
      { metric: 'first', value: 0.75, ...none },
      { metric: 'last', value: 1, ...none },
      { metric: 'cells', value: 1, ...none },
    ]);
    expect(leftovers()).toEqual(before);
  });

  it('names outputs, and the folder of all of them', async () => {
    const script = `
import { basename } from 'node:path';
import { readFileSync, existsSync } from 'node:fs';
const [first, named, folder] = process.argv.slice(2);
const samples = JSON.parse(readFileSync(folder + '/samples.json', 'utf8'));
const value = basename(first) === 'boxes.npy' && basename(named) === 'scores.npy' && samples.samples === 1 ? 1 : 0;
console.log(JSON.stringify({ value: existsSync(named) ? value : 0 }));
`;
    const task = taskOf(script, {
      command: [process.execPath, 'eval.mjs', '{predictions}', '{predictions:scores}', '{folder}'],
    });
    const metric = createCommandMetric(task, {
      labels: null,
      groundTruth: null,
      referenceArgmax: null,
      sampleCount: 1,
    });
    const outputs = ['boxes', 'scores'].map((name) => ({ name, data: Float32Array.of(1), dims: [1, 1] }));
    await metric.add({ first: 0, count: 1, outputs, reference: null, origins: null });
    expect((await metric.finish()).evaluation.accuracies[0]!.value).toBe(1);
  });

  it('is checked before it runs: names of outputs, and room on the disk', () => {
    const surroundings = {
      ...{ sampleCount: 5000, names: null, sampleShape: [3, 640, 640] },
      outputs: [{ name: 'output0', dims: [null, 84, 8400] }],
    };
    expect(inspectCommand(taskOf(''), surroundings)[0]).toMatch(
      /^Predictions: 14\.1 GB in 5,000 samples, a \.npy file for each worker at a time; .* has .* left\./,
    );
    expect(() => inspectCommand(taskOf('', { command: ['x', '{predictions:boxes}'] }), surroundings)).toThrow(
      'Expected {predictions:boxes} of task.command to name an evaluated output ("output0"), got "boxes"',
    );
    const varying = { ...surroundings, outputs: [{ name: 'dets', dims: [1, null, 7] }] };
    expect(inspectCommand(taskOf(''), varying)[0]).toContain('Predictions: at least 0 bytes in');
  });

  it('where lower is better is ranked by 1 - value', async () => {
    const { primaryMetric, accuracies } = await run(
      taskOf('console.log(JSON.stringify({ value: 0.25 }))', { metric: 'error', higherIsBetter: false }),
    );
    expect(primaryMetric).toBe('1-error');
    expect(accuracies.map(({ metric, value }) => [metric, value])).toEqual([
      ['1-error', 0.75],
      ['error', 0.25],
    ]);
  });

  it.each([
    [
      'another exit code',
      'console.error("no data"); process.exit(3)',
      /^The command .*eval\.mjs \{predictions\} ended with code 3\. Its last words on stderr: no data$/s,
    ],
    ['a signal', 'process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 9e3)', /was ended by SIGTERM\.$/],
    [
      'no output',
      'console.error("hm")',
      /Expected one JSON document on the standard output .*, got nothing\. Its last words on stderr: hm$/,
    ],
    ['no JSON', 'console.log("value: 0.5")', /got "value: 0\.5"\.$/],
    [
      'a list',
      'console.log("[0.5]")',
      /Expected \{"value": 0\.71, "metrics": \{\.\.\.\}\} from the command .*, got \[0\.5\]$/,
    ],
    ['no value', 'console.log("{}")', /Expected "value" of the command .* to be a number from 0 to 1, got nothing$/],
    ['a value above 1', 'console.log(JSON.stringify({ value: 71 }))', /from 0 to 1, got 71$/],
    ['null for NaN', 'console.log(JSON.stringify({ value: NaN }))', /from 0 to 1, got null$/],
    [
      'a further value below 0',
      'console.log(JSON.stringify({ value: 1, metrics: { a: -1 } }))',
      /"metrics\.a" .* got -1$/,
    ],
    [
      'a bad name',
      'console.log(JSON.stringify({ value: 1, metrics: { "a b": 1 } }))',
      /in "metrics" of .*, got "a b"$/,
    ],
  ])('fails with %s', async (_, script, message) => {
    const failing = run(taskOf(script));
    await expect(failing).rejects.toThrow(message);
    await expect(failing).rejects.toHaveProperty('name', 'CustomCodeError');
  });

  it('that runs too long is ended', async () => {
    await expect(run(taskOf('setInterval(() => {}, 1000)', { timeoutSeconds: 0.5 }))).rejects.toThrow(
      'was still running after 0.5 s (task.timeoutSeconds).',
    );
  });

  it('is run without a shell, and named when it cannot be started', async () => {
    const task = taskOf('', { command: ['nowhere-to-be-found', '$(touch made-by-a-shell)', '{predictions}'] });
    await expect(run(task)).rejects.toThrow(/^The command nowhere-to-be-found .* could not be started in .*ENOENT/);
    expect(existsSync(join(task.folder, 'made-by-a-shell'))).toBe(false);
  });
});
