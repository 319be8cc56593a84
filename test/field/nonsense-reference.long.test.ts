import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { judgeLabels } from '../../src/reference/judge-labels.js';
import { judgeOutputs } from '../../src/reference/judge-outputs.js';
import { judgeReference } from '../../src/reference/judge-reference.js';
import { mergeSurveys, OutputSurveyor } from '../../src/reference/output-survey.js';
import { binomialUpperTail } from '../../src/statistics/binomial-tail.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';
import { knownOutputs, outputsOf } from './nonsense-sweep.js';

const shared = fileURLToPath(new URL('../../../shared/', import.meta.url));
const isShared = existsSync(join(shared, 'cases/reports/nopre.yaml'));
if (!isShared) console.log('5: ../shared/cases is not here, its case is skipped');

/** P(X >= k) by adding up all terms with coefficients as exact integers. */
function literalTail(successes: number, trials: number, probability: number): number {
  let sum = 0;
  for (let count = successes; count <= trials; count += 1) {
    let coefficient = 1n;
    for (let i = 0n; i < BigInt(count); i += 1n) coefficient = (coefficient * (BigInt(trials) - i)) / (i + 1n);
    sum += Number(coefficient) * probability ** count * (1 - probability) ** (trials - count);
  }
  return sum;
}

describe('5: the tail of the binomial distribution', () => {
  it.each([
    [0, 10, 0.1],
    [1, 10, 0.1],
    [2, 64, 0.1],
    [13, 64, 0.1],
    [40, 64, 0.5],
    [64, 64, 0.5],
    [3, 200, 0.001],
  ])('is the sum of its terms: %i of %i at %d', (successes, trials, probability) => {
    const literal = literalTail(successes, trials, probability);
    expect(binomialUpperTail(successes, trials, probability)).toBeCloseTo(literal, 12);
    expect(Math.abs(binomialUpperTail(successes, trials, probability) / literal - 1)).toBeLessThan(1e-9);
  });
});

const cycle = (samples: number, classes: number): number[] => Array.from({ length: samples }, (_, at) => at % classes);
const kinds = (labels: readonly number[], argmax: readonly number[], classes: number): string[] =>
  judgeLabels({ labels: Int32Array.from(labels), argmax: Int32Array.from(argmax), classes }, 'Look.').map(
    ({ kind, voids }) => `${kind}${voids ? '!' : ''}`,
  );

describe('5: predictions judged by the labels', () => {
  const labels = cycle(60, 10);

  it('says nothing of a model that is far above chance', () => {
    expect(kinds(labels, labels, 10)).toEqual([]);
    expect(
      kinds(
        labels,
        labels.map((label, at) => (at % 3 === 0 ? (label * 7 + 3) % 10 : label)),
        10,
      ),
    ).toEqual([]);
  });

  it('tells a model at chance', () => {
    // As wrong as can be without a rule: the class that the position gives.
    const argmax = labels.map((_, at) => Math.floor((at * 7919) / 6) % 10);
    expect(kinds(labels, argmax, 10)).toEqual(['at-chance!']);
  });

  it.each([1, -1, 3])('tells labels shifted by %i', (shift) => {
    const shifted = labels.map((label) => Math.min(9, Math.max(0, label + shift)));
    const [warning] = judgeLabels(
      { labels: Int32Array.from(labels), argmax: Int32Array.from(shifted), classes: 10 },
      'Look.',
    );
    expect(warning).toMatchObject({ kind: 'shifted-labels', voids: true });
    expect(warning!.message).toContain(`the label ${shift > 0 ? '+' : '-'} ${Math.abs(shift)} for`);
  });

  it('tells labels in another order than the classes, and does not learn it from chance', () => {
    const order = [4, 7, 1, 9, 0, 2, 8, 3, 6, 5];
    expect(
      kinds(
        labels,
        labels.map((label) => order[label]!),
        10,
      ),
    ).toEqual(['renumbered-labels!']);
    // One sample a class of a thousand: every numbering fits it, so none is told.
    const many = Array.from({ length: 60 }, (_, at) => at * 3);
    expect(
      kinds(
        many,
        many.map((label) => (label * 619 + 5) % 1000),
        1000,
      ),
    ).toEqual(['at-chance!']);
  });

  it('tells two classes that are swapped', () => {
    const two = cycle(40, 2);
    const [warning] = judgeLabels(
      { labels: Int32Array.from(two), argmax: Int32Array.from(two.map((label) => 1 - label)), classes: 2 },
      'Look.',
    );
    expect(warning).toMatchObject({
      kind: 'at-chance',
      cause: 'Likely cause: the two classes are swapped in the labels.',
    });
  });

  it('tells one prediction for all, and one label for all', () => {
    expect(
      kinds(
        labels,
        labels.map(() => 4),
        10,
      ),
    ).toEqual(['constant-prediction!']);
    expect(
      kinds(
        labels.map(() => 4),
        labels.map((_, at) => (at % 5 === 0 ? 1 : 4)),
        10,
      ),
    ).toEqual(['one-class']);
    expect(
      kinds(
        labels.map(() => 4),
        labels.map(() => 2),
        10,
      ),
    ).toEqual(['at-chance!', 'one-class']);
    expect(
      kinds(
        labels.map(() => 4),
        labels.map(() => 4),
        10,
      ),
    ).toEqual(['one-class']);
  });

  it('says of few samples that they are few, and nothing of those that are all right', () => {
    expect(kinds([0, 1, 0, 1], [0, 1, 0, 0], 2)).toEqual(['few-samples']);
    expect(kinds([0, 1, 0, 1], [0, 1, 0, 1], 2)).toEqual([]);
  });

  it('tells a model that the most frequent label beats', () => {
    const uneven = cycle(100, 10).map((label) => (label === 0 ? 1 : 0));
    const argmax = uneven.map((label, at) => (label === 1 ? 0 : at % 20 === 5 ? 1 : 0));
    expect(kinds(uneven, argmax, 2)).toEqual(['below-majority']);
  });
});

/** A survey of the given outputs, in parts of so many samples and batches of two. */
function surveyOf(outputs: readonly (readonly number[])[], part = outputs.length) {
  const surveys = [];
  for (let first = 0; first < outputs.length; first += part) {
    const surveyor = new OutputSurveyor();
    const own = outputs.slice(first, first + part);
    for (let at = 0; at < own.length; at += 2) {
      const batch = own.slice(at, at + 2);
      surveyor.addInput(Float32Array.from(batch.flat()));
      surveyor.addOutput(batch.length, Float32Array.from(batch.flat()), [batch.length, batch[0]!.length]);
    }
    surveys.push(surveyor.survey());
  }
  return mergeSurveys(surveys)!;
}

const fidelity = { kind: 'fidelity', bootstrap: 10 } as const;
const kindsOf = (outputs: readonly (readonly number[])[], part?: number): string[] =>
  judgeOutputs(fidelity, [{ output: 'y', survey: surveyOf(outputs, part) }], 'Look.').map(
    ({ kind, voids }) => `${kind}${voids ? '!' : ''}`,
  );

describe('5: outputs that no metric can tell apart', () => {
  it('tells an output that is constant, whatever the parts, and one that is not in one sample of the last part', () => {
    const same = Array.from({ length: 9 }, () => [1, -2, 3]);
    for (const part of [1, 2, 4, 9]) expect(kindsOf(same, part)).toEqual(['constant-output!']);
    for (const part of [1, 2, 4, 9]) expect(kindsOf([...same, [1, -2, 3.1]], part)).not.toContain('constant-output!');
    expect(kindsOf(Array.from({ length: 4 }, () => [0, 0]))).toEqual(['constant-output!']);
  });

  it('takes a deviation by rounding for constant, a small real one not', () => {
    const near = (by: number): number[][] => [
      [1, 2],
      [1 + by, 2],
    ];
    expect(kindsOf(near(1e-7))).toEqual(['constant-output!']);
    expect(kindsOf(near(1e-4))).toEqual(['alike-outputs']);
  });

  it('tells a scalar of one sign from one of both', () => {
    expect(kindsOf([[0.2], [0.7], [0.1]])).toEqual(['one-sign!']);
    expect(kindsOf([[-0.2], [-0.7], [-0.1]])).toEqual(['one-sign!']);
    expect(kindsOf([[0.2], [-0.7], [0.1]])).toEqual(['scalar-output']);
  });

  it('tells outputs that are all 0 for many samples, and outputs that a common offset makes alike', () => {
    expect(
      kindsOf([
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 1],
      ]),
    ).toEqual(['zero-outputs']);
    expect(
      kindsOf([
        [100, 100],
        [101, 100],
        [100, 101],
      ]),
    ).toEqual(['alike-outputs']);
    expect(
      kindsOf([
        [1, 0],
        [0, 1],
        [1, -1],
      ]),
    ).toEqual([]);
  });

  it('says nothing where it is not known which outputs are of which sample', () => {
    const surveyor = new OutputSurveyor();
    surveyor.addOutput(2, Float32Array.of(1, 1, 1), [3]);
    expect(judgeOutputs(fidelity, [{ output: 'y', survey: surveyor.survey() }], 'Look.')).toEqual([]);
    const [known] = [surveyOf([[1], [1]])];
    expect(mergeSurveys([known, undefined])).toBeNull();
  });

  it('tells a mean average precision of 0', () => {
    const reference = {
      task: { kind: 'centerDetection', thresholds: [1], maxDetections: 10, minScore: 0.1, bootstrap: 10 },
      preprocess: { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 1, mean: null, std: null },
      argmax: null,
      labels: null,
      surveys: [
        {
          output: 'y',
          survey: surveyOf([
            [1, 0],
            [0, 1],
            [1, 1],
          ]),
        },
      ],
    } as const;
    const accuracy = {
      metric: 'mAP',
      slice: '',
      ciLow: null,
      ciHigh: null,
      ciMethod: null,
      correct: null,
      total: null,
    };
    const of = (value: number, ciLow: number | null = null, samples = 3) =>
      judgeReference({
        ...reference,
        evaluation: { primaryMetric: 'mAP', samples, accuracies: [{ ...accuracy, value, ciLow }], outcomes: [] },
      }).map(({ kind, voids }) => `${kind}${voids ? '!' : ''}`);
    expect(of(0)).toEqual(['no-detection!']);
    expect(of(0.01)).toEqual([]);
    expect(of(0.01, 0.002, 100)).toEqual([]);
    // A hit by chance: the interval reaches 0.
    expect(of(0.01, 0, 100)).toEqual(['no-detection!']);
    expect(of(0.01, 0)).toEqual(['few-samples']);
  });
});

const firstScreen = (page: string): string => page.slice(page.indexOf('<header>'), page.indexOf('<noscript>'));

async function runAndReport(folder: string, experiment = 'known.yaml', database = 'known.db') {
  const ran = await quantsweep(folder, 'run', experiment);
  expect(ran.code, ran.stderr + ran.stdout).toBe(0);
  const reported = await quantsweep(folder, 'report', '--db', database, '--output', 'r.html', '--markdown', 'r.md');
  expect(reported.code, reported.stderr).toBe(0);
  const page = firstScreen(readFileSync(join(folder, 'r.html'), 'utf8'));
  return { stdout: ran.stdout, page, markdown: readFileSync(join(folder, 'r.md'), 'utf8') };
}

describe('5: run, plan and report of nonsense', () => {
  it('warn of labels shifted by one as soon as FP32 is there, in place of a winner', async () => {
    const predictions = cycle(40, 5);
    const folder = knownOutputs({ outputs: outputsOf(predictions, 6), labels: predictions.map((each) => each + 1) });
    const before = await quantsweep(folder, 'plan', 'known.yaml');
    expect(before.stdout).not.toContain('WARNING');
    const { stdout, page, markdown } = await runAndReport(folder);
    const message = 'FP32 predicts the label - 1 for 40 of 40 evaluated samples (100 %), and the label for 0 (0 %).';
    expect(stdout).toContain(`WARNING: ${message} Likely cause: the labels begin at 1`);
    expect(stdout.indexOf('WARNING')).toBeLessThan(stdout.indexOf('[2/'));
    expect(page).toContain(`<strong>No setting can be called the best: </strong>${message}`);
    expect(page).toContain('the labels begin at 1, the classes of the output at 0');
    expect(page).not.toMatch(/is best|Best:|the best, |static alpha=/);
    expect(markdown).toContain('**No setting can be called the best:**');
    expect(markdown).not.toContain('is best');
    const after = await quantsweep(folder, 'plan', 'known.yaml');
    expect(after.stdout).toContain(`WARNING: ${message}`);
    expect(queryDatabase(join(folder, 'known.db'), 'SELECT sweep, kind, voids, trials FROM v_warning').rows).toEqual([
      ['known', 'shifted-labels', 1, 4],
    ]);
    const status = await quantsweep(folder, 'status', '--db', 'known.db');
    expect(status.stdout).toContain(`WARNING: ${message}`);
  });

  it('warn of a zero head', async () => {
    const folder = knownOutputs({
      outputs: outputsOf(cycle(8, 4), 4),
      weights: new Float32Array(16),
      bias: Float32Array.of(1, 2, 3, 4),
    });
    const { stdout, page } = await runAndReport(folder);
    expect(stdout).toContain("WARNING: FP32's output is the same for all 8 evaluated samples (from 1 to 4)");
    expect(page).toContain('No setting can be called the best');
  });

  it('warn of a scalar output of one sign', async () => {
    const folder = knownOutputs({ outputs: Array.from({ length: 8 }, (_, at) => [0.5 + at]) });
    const { stdout, page } = await runAndReport(folder);
    expect(stdout).toContain(
      "WARNING: FP32's output is one number a sample, above 0 for every evaluated sample (0.5 to 7.5)",
    );
    expect(page).toContain('No setting can be called the best');
  });

  it('say nothing of a sound classifier', async () => {
    const predictions = cycle(40, 5);
    const folder = knownOutputs({ outputs: outputsOf(predictions, 5), labels: predictions });
    const { stdout, page } = await runAndReport(folder);
    expect(stdout).not.toContain('WARNING');
    expect(page).toMatch(/is best/);
  });

  it.skipIf(!isShared)('warn of preprocessing that was forgotten', async () => {
    const folder = temporaryFolder();
    const text = readFileSync(join(shared, 'cases/reports/nopre.yaml'), 'utf8');
    writeFileSync(join(folder, 'nopre.yaml'), text.replaceAll('../../', shared));
    const { stdout, page } = await runAndReport(folder, 'nopre.yaml', 'nopre.db');
    expect(stdout).toContain('WARNING: FP32 gets 2 of 64 evaluated samples right (3.13 %)');
    expect(page).toContain('No setting can be called the best');
    expect(page).toContain('data.preprocess has no divideBy, mean or std');
  });
});
