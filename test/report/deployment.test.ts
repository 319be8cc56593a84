import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerSweep } from '../../src/report/answers/answer.js';
import { closingText } from '../../src/report/answers/closing-answer.js';
import { goalOutcome } from '../../src/report/answers/goal-sentence.js';
import { sentenceText } from '../../src/report/answers/sentence.js';
import { recommendOnTargets } from '../../src/report/answers/target-recommendations.js';
import { deploymentChart } from '../../src/report/figures/sweep/deployment-chart.js';
import { pageFigures } from '../../src/report/figures/page-figures.js';
import { readSweepFacts, type SweepFacts } from '../../src/report/facts/sweep-facts.js';
import { trialPageFacts } from '../../src/report/facts/trial-page-facts.js';
import { noLinks } from '../../src/report/addresses/page-links.js';
import { trialPage } from '../../src/report/pages/trial-page.js';
import { openDatabase } from '../../src/store/file/open-database.js';
import { toRows } from '../../src/report/query.js';
import { sampleDatabase, type Sample, type SampleDatabase } from './sample-database.js';
import { shownSql } from './shown-sql.js';

const small: Partial<Sample> = { alphas: [0.2, 0.4, 0.6], sizes: [200], dynamic: false, unsmoothed: 0.83 };
const goal = { maxDrop: 0.5, minimize: 'latency' } as const;
const samples: readonly Partial<Sample>[] = [
  { ...small, name: 'targets', targets: ['layers-only', 'onnxruntime-cpu', 'tensorrt'], latency: [1, 8] },
  { ...small, name: 'fast', targets: ['onnxruntime-cpu'], latency: [1], unsmoothed: 0.862, top: 0.8645, goal },
  { ...small, name: 'slow', targets: ['layers-only'], latency: [1], unsmoothed: 0.862, top: 0.8645, goal },
  { ...small, name: 'rules', targets: ['qnn'], top: 0.8645, goal },
  { ...small, name: 'far', targets: ['onnxruntime-cpu'], latency: [1], goal },
  { ...small, name: 'unsmoothed', alphas: [], targets: ['onnxruntime-cpu'], latency: [1] },
  { ...small, name: 'avx2', targets: ['onnxruntime-cpu-avx2'], latency: [1], top: 0.8645, goal },
  {
    ...{ ...small, name: 'some', targets: ['onnxruntime-cpu', 'tensorrt', 'qnn'] },
    ...{ latency: [1], unsmoothed: 0.862, top: 0.8645, goal },
  },
  { ...small, name: 'plain' },
];

describe('pages of what is deployed', () => {
  let database: SampleDatabase;
  beforeAll(() => {
    database = sampleDatabase(...samples);
  });
  afterAll(() => {
    database.remove();
  });
  const factsOf = (name: string): SweepFacts => readSweepFacts(database.query, name)!;
  const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
  const recommended = (name: string): string[] =>
    recommendOnTargets(factsOf(name)).map(({ text }) => plain(sentenceText(text)));

  /** Another CPU that the sweep was timed on. */
  const timedOn = (flags: string): void => {
    const file = openDatabase(database.path);
    file
      .prepare("UPDATE latency SET cpu_flags = ? WHERE trial_id IN (SELECT trial FROM v_trial WHERE sweep = 'avx2')")
      .run(flags);
    file.close();
  };

  it('have no trace of it without targets, measured speed and a goal', () => {
    const facts = factsOf('plain');
    expect(facts.measured.deployment).toBeNull();
    const ids = pageFigures({ kind: 'sweep' }, facts, database.query)!.map(({ id }) => id);
    expect(ids).not.toContain('deployment');
    expect(ids).not.toContain('deployed-trials');
    expect(recommendOnTargets(facts)).toEqual([]);
  });

  it('recommend on each target by its own trials, and mark what was not run', () => {
    const [layersOnly, cpu, tensorrt, ...others] = recommendOnTargets(factsOf('targets'));
    expect(others).toEqual([]);
    expect([layersOnly, cpu, tensorrt].map((one) => [one!.target, one!.wasRun])).toEqual([
      ['layers-only', true],
      ['onnxruntime-cpu', true],
      ['tensorrt', false],
    ]);
    const facts = factsOf('targets');
    for (const one of [layersOnly!, cpu!, tensorrt!])
      expect(facts.measured.deployment!.groups.find(({ target }) => target === one.target)!.trials).toContain(
        one.trial!.trial,
      );
    expect(recommended('targets')[0]).toMatch(/^Recommended on layers-only: .* slower than FP32 \(95 % interval/);
    expect(recommended('targets')[1]).toMatch(/deployed, as simulated; 0\.\d\d of FP32’s time \(95 % interval/);
    expect(recommended('targets')[2]).toMatch(
      /^Recommended on tensorrt \(not run here\): .* simulated; its speed was not measured/,
    );
  });

  it('recommend an unsmoothed setting where the sweep has no others', () => {
    const [text] = recommended('unsmoothed');
    expect(text).toMatch(/^Recommended on onnxruntime-cpu: unsmoothed.*, the only setting that has finished\./);
  });

  it('take the fastest within the goal, and say how sure that is', () => {
    const [text] = recommended('fast');
    expect(text).toMatch(/^Recommended on onnxruntime-cpu: static alpha 0\.2, 200 batches, /);
    expect(text).toContain('that certainly lose at most 0.5 points');
    // 60 and 70 of 10,000 samples:
    // 10/10002 + 1.96 sqrt((131/10002 - (10/10002)^2) / 10002) = 0.00324.
    expect(text).toContain('with 95 % certainty at most 0.32 points below');
  });

  it('do not recommend as the fastest what is not faster than FP32', () => {
    const [found] = recommendOnTargets(factsOf('slow'));
    expect(found!.trial).toBeNull();
    expect(sentenceText(found!.text)).toMatch(
      /^No setting that certainly loses at most 0\.5 points is faster than FP32 on layers-only\. The fastest of the \d that were measured is /,
    );
    // Without a paired test nothing is certain: all within it by their values take part.
    const [estimated] = recommendOnTargets({ ...factsOf('slow'), comparisons: [] });
    expect(plain(sentenceText(estimated!.text))).toMatch(/^No setting within 0\.5 points is faster than FP32/);
  });

  it('name for another batch size only a setting that is faster than FP32 there', () => {
    const facts = factsOf('fast');
    const deployment = facts.measured.deployment!;
    const chosen = recommendOnTargets(facts)[0]!.trial!.trial;
    const other = facts.trials.find(
      ({ trial, role }) =>
        role === 'candidate' && deployment.trials.get(trial)?.latencies.length === 1 && trial !== chosen,
    )!.trial;
    /** With batch 8, where nothing but one other setting was timed. */
    const textWith = (ratio: number, verdict: 'faster' | 'same'): string => {
      const [one] = deployment.trials.get(other)!.latencies;
      const at8 = { ...one!, batchSize: 8, ...{ ratio, low: ratio - 0.02, high: ratio + 0.02, verdict } };
      const trials = new Map(deployment.trials);
      trials.set(other, { ...trials.get(other)!, latencies: [one!, at8] });
      const measured = { ...facts.measured, deployment: { ...deployment, trials } };
      return plain(sentenceText(recommendOnTargets({ ...facts, measured })[0]!.text));
    };
    expect(textWith(0.6, 'faster')).toContain('Measured otherwise another would be taken (batch 8, 1 thread: ');
    expect(textWith(0.99, 'same')).not.toContain('Measured otherwise');
  });

  it('say what is missing where the goal cannot be answered', () => {
    expect(recommended('rules')).toEqual([
      'Which setting is the fastest within 0.5 points on qnn (not run here) is not known: no latency was measured. measure.command in the experiment asks the device.',
    ]);
    expect(recommended('far')[0]).toMatch(
      /^No setting on onnxruntime-cpu loses at most 0\.5 points\. The least loss is \d\.\d\d points, of static alpha/,
    );
  });

  it('take what was timed with VNNI, or on an unknown CPU, for no speed of a CPU without', () => {
    const lacking =
      'Which setting is the fastest within 0.5 points on onnxruntime-cpu-avx2 (not run here) is not known: no latency was measured. measure.command in the experiment asks the device.';
    expect(recommended('avx2')[0]).toContain(lacking);
    timedOn('');
    expect(recommended('avx2')[0]).toContain(lacking);
    timedOn('avx2 fma');
    expect(recommended('avx2')[0]).toMatch(/^Recommended on onnxruntime-cpu-avx2: .* of FP32’s time/);
  });

  it('read a drop in points of a fraction, and in the unit of any other metric', () => {
    const facts = factsOf('fast');
    const { deployment } = facts.measured;
    const [group] = deployment!.groups;
    const of = (unit: 'fraction' | 'dB', maxDrop: number): string => {
      const metric = { ...facts.metric, unit };
      const asked = { deployment: deployment!, group: group!, goal: { ...goal, maxDrop }, name: 'x' };
      return plain(sentenceText(goalOutcome({ ...facts, metric }, asked).text));
    };
    expect(of('fraction', 0.5)).toContain('at most 0.5 points (0.005)');
    // 0.001 dB: the best drop of 0.001 is 0.1 points.
    expect(of('dB', 0.0005)).toMatch(/^No setting on x loses at most 0\.0005 dB/);
    expect(of('dB', 0.01)).toMatch(/^Recommended on x/);
  });

  it('end a run with the settings of each target, their speed and what to take', () => {
    const text = plain(closingText(factsOf('targets'), 140));
    expect(text).toMatch(/setting +top-1 +target +from FP32 +latency +size/);
    expect(text).toMatch(/tensorrt, not run here/);
    expect(text).toContain('Recommended on onnxruntime-cpu: ');
    expect(text).not.toContain('against the best');
  });

  it('name together in the headline the targets of which nothing is recommended', () => {
    const headline = plain(sentenceText(answerSweep(factsOf('some')).headline));
    expect(headline).toMatch(
      /^On onnxruntime-cpu static alpha .* of FP32’s time\. Nothing is recommended on tensorrt and qnn \(not run here\)\.$/,
    );
  });

  it('break the legend of more targets than a line holds', () => {
    const rowsOf = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ target: `target ${at}`, ratio: 1, value: 0.5, role: 'candidate' }));
    const legendOf = (count: number): string =>
      JSON.stringify(deploymentChart(rowsOf(count), factsOf('fast'), 'ratio')).match(/"legend":{"columns":\d}/)?.[0] ??
      '';
    expect(legendOf(3)).toBe('');
    expect(legendOf(5)).toBe('"legend":{"columns":3}');
  });

  it('mark the Pareto front of each target alone', () => {
    const figure = pageFigures({ kind: 'sweep' }, factsOf('targets'), database.query)!.find(
      ({ id }) => id === 'deployment',
    )!;
    const front = figure.rows.filter((row) => row['on_latency_front'] === 1 && row['condition'] === 0);
    for (const target of ['layers-only', 'onnxruntime-cpu']) {
      const own = figure.rows.filter((row) => row['target'] === target && row['condition'] === 0);
      // Nothing of the target is as fast and as accurate, and better in one of the two.
      const expected = own.filter(
        (row) =>
          !own.some(
            (other) =>
              Number(other['ratio']) <= Number(row['ratio']) &&
              Number(other['value']) >= Number(row['value']) &&
              (Number(other['ratio']) < Number(row['ratio']) || Number(other['value']) > Number(row['value'])),
          ),
      );
      expect(front.filter((row) => row['target'] === target).map((row) => row['trial'])).toEqual(
        expected.map((row) => row['trial']),
      );
    }
    expect(figure.rows.filter((row) => row['role'] === 'fp32')).toHaveLength(1);
    expect(figure.rows.some((row) => row['target'] === 'tensorrt (not run here)')).toBe(true);
  });

  it('of a trial that is not faster than FP32 say so, with the operators to blame', () => {
    const facts = factsOf('targets');
    const slow = facts.trials.find(
      ({ trial, role }) =>
        role === 'unsmoothed' && facts.measured.deployment!.trials.get(trial)?.target === 'onnxruntime-cpu',
    )!;
    const fast = facts.trials.find(
      ({ trial, role }) =>
        role === 'candidate' && facts.measured.deployment!.trials.get(trial)?.target === 'onnxruntime-cpu',
    )!;
    const ran: string[] = [];
    const pageOf = (trial: typeof slow): string =>
      trialPage(
        trialPageFacts({ ...facts, links: noLinks }, trial),
        (sql, params) => {
          ran.push(sql);
          return database.query(sql, params);
        },
        { database: 'x.db', generatedAt: new Date(0) },
      );
    const page = pageOf(slow);
    expect(page).toContain('Not faster than FP32');
    expect(page).toMatch(/Of its time \d+ % Conv in float \(1 node\), \d+ % QuantizeLinear/);
    expect(page).toContain('The runtime left in float: 1 HardSwish, 1 Resize.');
    const shown = new Set(shownSql(page));
    expect(ran.filter((sql) => !shown.has(sql))).toEqual([]);
    expect(pageOf(fast)).not.toContain('Not faster than FP32');
  });

  it('of a trial of published rules say that it was not run', () => {
    const facts = factsOf('rules');
    const trial = facts.trials.find(({ role }) => role === 'candidate')!;
    const figures = pageFigures({ kind: 'trial', trial: trial.trial }, facts, database.query)!;
    const gap = figures.find(({ id }) => id === 'deployment-gap')!;
    expect(gap.content).toMatchObject({
      kind: 'text',
      caption: expect.stringMatching(/^Not run here: qnn was simulated by its published rules/) as string,
    });
    expect(figures.find(({ id }) => id === 'tensor-quantizers')!.rows).toHaveLength(14);
  });

  it('show the quantizer behind an activation that is fused into a layer', () => {
    const facts = factsOf('targets');
    const figures = pageFigures({ kind: 'layer', number: 1 }, facts, database.query)!;
    const { rows } = figures.find(({ id }) => id === 'output-quantizer')!;
    expect(new Set(rows.map((row) => row['tensor']))).toEqual(new Set(['out1']));
    // 4 trials of each of the two targets that place quantizers.
    expect(rows).toHaveLength(8);
  });

  it('hold the gap as deployed less simulated', () => {
    const rows = toRows(
      database.query(
        "SELECT simulated, deployed, gap, evidence FROM v_deployment WHERE sweep = 'fast' ORDER BY trial",
        [],
      ),
    );
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row['gap']).toBeCloseTo(Number(row['deployed']) - Number(row['simulated']), 12);
    expect(rows[0]!['gap']).toBeCloseTo(-3 / 10_000, 12);
    expect(new Set(rows.map((row) => row['evidence']))).toEqual(new Set(['run']));
  });
});
