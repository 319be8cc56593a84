import { describe, expect, it } from 'vitest';
import { finishTask, mergeMetricStates, openTaskMetric } from '../../../src/tasks/task-metric.js';
import type { TaskSettings } from '../../../src/tasks/task-settings.js';
import { temporaryFolder } from '../../formats/write-files.js';
import { batchOf } from '../../support/sample-batch.js';

type ModuleTask = Extract<TaskSettings, { kind: 'module' }>;

/** Share of samples whose largest output is the label, at least \`options.least\`. */
const SHARE = `
export default ({ options }) => ({
  metric: 'share',
  evaluate(output, { label }) {
    return { hit: output.indexOf(Math.max(...output)) === label && Math.max(...output) >= options.least };
  },
  summarize(evidence) {
    const hits = evidence.filter(({ hit }) => hit).length;
    return { value: hits / evidence.length, metrics: { misses: 1 - hits / evidence.length } };
  },
});`;

function taskOf(code: string, bootstrap = 40): ModuleTask {
  return { kind: 'module', path: temporaryFolder()('metric.mjs', code), options: { least: 2 }, bootstrap };
}

const context = { labels: Int32Array.of(0, 1, 1, 0), groundTruth: null, referenceArgmax: null, sampleCount: 4 };
/** Hits 0 and 2; sample 1 is below the least, 3 is wrong. */
const OUTPUT = Float32Array.of(5, 1, 0, 1, 1, 3, 0, 9);

async function evaluate(task: ModuleTask, reference?: Float32Array) {
  const metric = await openTaskMetric(task, context);
  await metric.add(batchOf(0, 4, OUTPUT, [4, 2], reference));
  return metric.finish();
}

const withField = (field: string): string => SHARE.replace('});', `  ${field},\n});`);

describe('a metric module', () => {
  it('turns outputs into evidence and evidence into values, with the interval of a bootstrap', async () => {
    const { evaluation, argmax } = await evaluate(taskOf(SHARE));
    expect(argmax).toBeNull();
    expect([evaluation.primaryMetric, evaluation.samples]).toEqual(['share', 4]);
    expect(evaluation.accuracies).toMatchObject([
      { metric: 'share', value: 0.5, ciMethod: 'bootstrap' },
      { metric: 'misses', value: 0.5, ciLow: null },
    ]);
    expect(evaluation.accuracies[0]!.ciLow).toBeLessThan(0.5);
    expect(evaluation.outcomes).toMatchObject([{ metric: 'share', kind: 'bootstrap', count: 40 }]);
    expect((await evaluate(taskOf(SHARE, 0))).evaluation).toMatchObject({
      accuracies: [{ ciLow: null }, {}],
      outcomes: [],
    });
  });

  it('gives the same from parts of several children as from the whole', async () => {
    const task = taskOf(SHARE);
    const parts = await Promise.all([0, 1].map(() => openTaskMetric(task, context)));
    await parts[0]!.add(batchOf(2, 2, OUTPUT.slice(4), [2, 2]));
    await parts[1]!.add(batchOf(0, 2, OUTPUT.slice(0, 4), [2, 2]));
    const merged = mergeMetricStates(parts.map((part) => structuredClone(part.state())));
    const finished = await finishTask(task, context, merged, new AbortController().signal);
    expect(finished).toEqual(await evaluate(task));
  });

  it('may ask for the FP32 output, of which it gets that of the sample', async () => {
    const near = `
export default () => ({
  metric: 'near',
  needsReference: true,
  evaluate: (output, { reference, shape, sample }) => reference[0] === sample && reference.length === shape[0],
  summarize: (evidence) => evidence.filter(Boolean).length / evidence.length,
});`;
    const task = taskOf(near);
    expect((await openTaskMetric(task, context)).needsReference).toBe(true);
    const { evaluation } = await evaluate(task, Float32Array.of(0, 0, 1, 0, 2, 0, 9, 0));
    expect(evaluation.accuracies).toMatchObject([{ metric: 'near', value: 0.75 }]);
  });

  it.each([
    ['no name', withField('metric: undefined'), 'Expected "metric" of'],
    ['no summarize', withField('summarize: 1'), 'Expected summarize of'],
    ['an exception', withField('evaluate() { throw new Error("no idea"); }'), 'failed: Error: no idea'],
    ['a value out of range', withField('summarize: () => 1.5'), 'to be a number from 0 to 1, got 1.5'],
    ['nothing', 'export default () => undefined;', 'to return a metric object, got undefined'],
  ])('fails with %s', async (_, code, message) => {
    await expect(evaluate(taskOf(code))).rejects.toThrow(message);
  });
});
