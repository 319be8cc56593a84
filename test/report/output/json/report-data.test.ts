import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applicableFigures } from '../../../../src/report/figures/applicable-figures.js';
import { goalRule } from '../../../../src/report/answers/goal-sentence.js';
import { recommendationRule } from '../../../../src/report/answers/recommendation.js';
import { figures } from '../../../../src/report/figures/sweep/index.js';
import type { ReportData } from '../../../../src/report/output/json/report-data.js';
import { reportData } from '../../../../src/report/output/json/report-data.js';
import { readSweepFacts } from '../../../../src/report/facts/sweep-facts.js';
import type { SampleDatabase } from '../../sample-database.js';
import { sampleDatabase, sampleSweeps } from '../../sample-database.js';

const names = sampleSweeps.map((sample) => sample.name ?? 'smoothquant-alpha');
const options = { database: 'sample.db', generatedAt: new Date('2026-11-23T10:00:00Z') };
let database: SampleDatabase;

beforeAll(() => {
  database = sampleDatabase(...sampleSweeps);
});

afterAll(() => {
  database.remove();
});

function dataOf(...sweeps: readonly string[]): ReportData {
  const facts = sweeps.map((sweep) => readSweepFacts(database.query, sweep)!);
  return JSON.parse(JSON.stringify(reportData(facts, database.query, options))) as ReportData;
}

describe.each(names)('the data of %j', (name) => {
  it('holds every figure with exactly the rows of its SQL', () => {
    const [sweep] = dataOf(name).sweeps;
    const applicable = applicableFigures(figures, readSweepFacts(database.query, name)!);
    expect(sweep?.figures.map(({ id }) => id)).toEqual(applicable.map(({ id }) => id));
    for (const { id, sql, columns, rows, caption, title } of sweep?.figures ?? []) {
      expect({ id, columns, rows }).toEqual({ id, ...database.query(sql, []) });
      expect(`${title} ${caption}`).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  it('holds the sweep, its trials and the answer in words', () => {
    const [data] = dataOf(name).sweeps;
    const facts = readSweepFacts(database.query, name)!;
    expect(data?.sweep).toEqual(facts.sweep);
    expect(data?.best).toBe(facts.best?.trial ?? null);
    expect(data?.trials.map(({ trial, value }) => [trial, value])).toEqual(
      database.query(
        `SELECT trial, value FROM v_trial WHERE sweep = '${name.replaceAll("'", "''")}' ORDER BY position`,
        [],
      ).rows,
    );
    expect(data?.answer.headline.length).toBeGreaterThan(20);
  });
});

describe('reportData', () => {
  it('holds what to take on each target', () => {
    const { answer, trials } = dataOf('targets').sweeps[0]!;
    const { model } = trials[0]!;
    expect(model).toMatch(/\.onnx$/);
    expect(answer.recommendation).toBeNull();
    expect(answer.onTargets.map((one) => [one.target, one.model, one.wasRun])).toEqual([
      ['layers-only', model, true],
      ['onnxruntime-cpu', model, true],
      ['tensorrt', model, false],
    ]);
    for (const { target, trial, decidedBy, text, rule, ...others } of answer.onTargets) {
      expect(others).toEqual({ model, wasRun: target !== 'tensorrt' });
      expect(text).toContain(`Recommended on ${target}`);
      expect(rule).toBe(recommendationRule);
      expect(decidedBy).toMatch(/^(only|cost|neighbours|loss|value)$/);
      expect(trials.find((one) => one.trial === trial)?.axes['target']).toBe(target);
    }
  });

  it('says by the rule of the goal where nothing is recommended', () => {
    const goals = sampleSweeps.filter(({ goal }) => goal !== undefined && goal !== null);
    for (const { name } of goals)
      for (const { trial, decidedBy, text, rule } of dataOf(name!).sweeps[0]!.answer.onTargets) {
        expect(rule).toBe(goalRule);
        if (trial === null) expect(text).toMatch(/^(No setting|Which setting)/);
        else expect(decidedBy).toMatch(/^(only|latency|size|simplicity)$/);
      }
    expect(goals.length).toBeGreaterThan(0);
    expect(dataOf('single').sweeps[0]!.answer.onTargets).toEqual([]);
  });

  it('says what it is, and holds several sweeps in the order that was asked for', () => {
    const { sweeps, ...head } = dataOf('single', 'bits');
    expect(head).toEqual({
      format: 'quantsweep-report',
      version: 1,
      database: 'sample.db',
      generatedAt: '2026-11-23T10:00:00.000Z',
    });
    expect(sweeps.map(({ sweep }) => sweep.name)).toEqual(['single', 'bits']);
  });

  it('turns what JSON can not hold into null', () => {
    const facts = readSweepFacts(database.query, 'single')!;
    const data = reportData(
      [facts],
      (sql) => {
        const result = database.query(sql, []);
        return { ...result, rows: result.rows.map((row) => row.map((cell) => (cell === 0.8372 ? Infinity : cell))) };
      },
      options,
    );
    const cells = data.sweeps
      .flatMap((sweep) => sweep.figures)
      .flatMap((figure) => figure.rows)
      .flat();
    expect(cells.length).toBeGreaterThan(100);
    expect(cells.every((cell) => typeof cell !== 'number' || Number.isFinite(cell))).toBe(true);
  });
});
