import { onTestFinished, describe, expect, it } from 'vitest';
import { compileChart } from '../../../../src/report/charts/compile-chart.js';
import { readComparedGroup, type ComparedGroup } from '../../../../src/report/facts/compared-group.js';
import { readComparedTrials } from '../../../../src/report/facts/compared-trials.js';
import { readSweepFacts } from '../../../../src/report/facts/sweep-facts.js';
import type { PageFigure, TableContent } from '../../../../src/report/figures/figure.js';
import { comparedNumbers } from '../../../../src/report/figures/comparison/compared-numbers.js';
import { groupAlphas } from '../../../../src/report/figures/group/group-alphas.js';
import { groupLosses } from '../../../../src/report/figures/group/group-losses.js';
import { groupNumbers } from '../../../../src/report/figures/group/group-numbers.js';
import { groupSettings } from '../../../../src/report/figures/group/group-settings.js';
import { drawnMembers, groupSides } from '../../../../src/report/figures/group/group-sides.js';
import { groupTests } from '../../../../src/report/figures/group/group-tests.js';
import { toRows } from '../../../../src/report/query.js';
import { openDatabase } from '../../../../src/store/file/open-database.js';
import { summarizeAllTrials } from '../../../store/summarize-all-trials.js';
import { sampleSweep } from '../../build-figure.js';
import { sampleDatabase } from '../../sample-database.js';
import { addOutcomes } from '../../sample-outcomes.js';

/** FP32 1000, unsmoothed 1001 and 1002, then alphas 0.05 to 0.95 and a search with 200 batches. */
const [fp32, unsmoothed, first, second, dynamic] = [1000, 1001, 1003, 1004, 1022];

/** Trials of the sample sweep side by side, after a change to its tables. */
function compared(trials: readonly number[], change = '') {
  const database = sampleDatabase({});
  onTestFinished(() => {
    database.remove();
  });
  addOutcomes(database.path);
  const tables = openDatabase(database.path);
  tables.exec(change);
  summarizeAllTrials(tables);
  tables.close();
  const facts = readComparedGroup(database.query, readSweepFacts(database.query, sampleSweep)!, trials, () => null)!;
  const one = (sql: string): unknown => database.query(sql, []).rows[0]?.[0];
  return { facts, one, built, query: database.query };

  function built(figure: PageFigure<ComparedGroup>) {
    const rows = toRows(database.query(figure.sql(facts), []));
    return { rows, content: figure.build(rows, facts) };
  }
}

/** The text of each cell of a table, by line. */
function cells({
  rows,
  content,
}: {
  rows: Parameters<TableContent['columns'][number]['text']>[0][];
  content: unknown;
}) {
  return rows.map((row) => (content as TableContent).columns.map((column) => column.text(row)));
}

describe('the numbers of trials side by side', () => {
  it('mark those whose target follows published rules only', () => {
    const change = `UPDATE trial SET target = 'tensorrt' WHERE id = ${second}`;
    const [a, b, c] = cells(compared([first, second, dynamic], change).built(groupNumbers));
    expect(b![0]).toMatch(/^B: static alpha=0\.1, .* \(not run here\)$/);
    expect(`${a![0]!}${c![0]!}`).not.toContain('not run here');
  });

  it('mark one of two so', () => {
    const { query } = compared([first, second, dynamic], `UPDATE trial SET target = 'qnn' WHERE id = ${second}`);
    const facts = readComparedTrials(query, readSweepFacts(query, sampleSweep)!, [first, second], () => null)!;
    const rows = toRows(query(comparedNumbers.sql(facts), []));
    const [a, b] = cells({ rows, content: comparedNumbers.build(rows, facts) });
    expect(a![0]).not.toContain('not run here');
    expect(b![0]).toMatch(/^B: static alpha=0\.1, .* \(not run here\)$/);
  });
});

describe('settings that differ', () => {
  it('are a line each, with a column for each trial', () => {
    const table = compared([first, second, dynamic]).built(groupSettings);
    const lines = cells(table);
    expect((table.content as TableContent).columns.map(({ title }) => title)).toEqual(['setting', 'A', 'B', 'C']);
    expect(lines).toContainEqual(['smoothing.alpha', '0.05', '0.1', '–']);
    expect(lines).toContainEqual(['smoothing.mode', 'static', 'static', 'dynamic']);
    expect(lines.map(([setting]) => setting)).not.toContain('data.calibration.batches');
  });

  it('are none where all have the same', () => {
    const same = `UPDATE trial SET settings = (SELECT settings FROM trial WHERE id = ${first}), alpha = (SELECT alpha FROM trial WHERE id = ${first}) WHERE id IN (${second}, 1005)`;
    expect(compared([first, second, 1005], same).built(groupSettings).content).toEqual({
      kind: 'absent',
      note: 'None: all trials have the same settings.',
    });
  });
});

describe('numbers and tests', () => {
  it('have a line for each trial in the order asked for, mean L1 over the layers that all have', () => {
    const lacking = `DELETE FROM layer_loss WHERE trial_id = ${second} AND layer_id = (SELECT min(layer_id) FROM layer_loss WHERE trial_id = ${second})`;
    const { built, one } = compared([second, fp32, first], lacking);
    const { rows } = built(groupNumbers);
    expect(rows.map(({ trial }) => trial)).toEqual([second, fp32, first]);
    const mean = (trial: number): unknown =>
      one(
        `SELECT avg(l1) FROM v_layer_loss WHERE sweep = '${sampleSweep}' AND trial = ${trial} AND mode = 'accumulated' AND position > 0`,
      );
    expect(rows.map((row) => row['mean_l1'])).toEqual([mean(second), null, mean(first)]);
    expect(cells(built(groupNumbers)).map(([trial]) => trial?.slice(0, 2))).toEqual(['A:', 'B:', 'C:']);
  });

  it('test each against the first, as compare_trials does', () => {
    const { built, one } = compared([first, unsmoothed, second]);
    const { rows, content } = built(groupTests);
    expect(rows.map(({ trial }) => trial)).toEqual([unsmoothed, second]);
    for (const row of rows) {
      const pair = `FROM compare_trials(${String(row['trial'])}, ${first})`;
      expect([row['difference'], row['p_value']]).toEqual([
        one(`SELECT difference ${pair}`),
        one(`SELECT p_value ${pair}`),
      ]);
    }
    expect((content as TableContent).columns.map(({ title }) => title)).toContain('right alone');
  });

  it('name those that cannot be paired with the first, and say so where none can', () => {
    const gone = (trials: string): string => `DELETE FROM sample_outcome WHERE trial_id IN (${trials})`;
    const some = compared([first, unsmoothed, second], gone(String(second))).built(groupTests).content as TableContent;
    expect(some.caption).toContain('Not paired with A: C.');
    expect(compared([first, unsmoothed, second], gone(`${unsmoothed}, ${second}`)).built(groupTests).content).toEqual({
      kind: 'absent',
      note: 'None can be paired with A: another evaluation, or not finished.',
    });
  });
});

describe('layers side by side', () => {
  it('draw the loss of every layer in every trial that has losses, and name those that have none', () => {
    const { rows, content } = compared([first, second, fp32]).built(groupLosses);
    expect(new Set(rows.map(({ trial }) => trial))).toEqual(new Set([first, second]));
    if (content.kind !== 'charts') throw new Error('Expected a chart.');
    expect(content.caption).toContain('Without losses: C.');
    expect(() => compileChart(content.panels[0]!.spec)).not.toThrow();
  });

  it.each([
    ['of other samples', 'UPDATE trial SET loss_samples = 7 WHERE id = 1004', /different samples \(loss.samples/],
    [
      'of another model',
      `INSERT INTO model (id, sha256, name, path, size_bytes, opset, parameters) SELECT 9000, 'other', 'other.onnx', path, size_bytes, opset, parameters FROM model WHERE id = 1000; UPDATE trial SET model_id = 9000 WHERE id = 1004`,
      /of different models/,
    ],
    ['of one trial alone', 'DELETE FROM layer_loss WHERE trial_id <> 1003', /Fewer than two of the trials/],
  ])('are left out: %s', (_, change, note) => {
    const { content } = compared([first, second, dynamic], change).built(groupLosses);
    expect(content.kind === 'absent' ? content.note : content.kind).toMatch(note);
  });

  it('draw alphas where they differ by layer, and say in a line which are one', () => {
    const mixed = compared([first, second, dynamic]).built(groupAlphas).content;
    expect(mixed.kind === 'charts' ? mixed.caption : mixed.kind).toContain('One alpha in every layer: A 0.05, B 0.1.');
    expect(compared([first, second, unsmoothed]).built(groupAlphas).content).toEqual({
      kind: 'text',
      caption: 'One alpha in every layer: A 0.05, B 0.1.',
    });
    expect(compared([fp32, unsmoothed, 1002]).built(groupAlphas).content).toMatchObject({ kind: 'absent' });
  });
});

describe('colours and shapes of trials', () => {
  it('are of the trial in every chart, and FP32 and unsmoothed keep their own where one alone is that', () => {
    const { facts } = compared([first, fp32, unsmoothed, 1002, second]);
    const all = groupSides(facts, facts.members);
    const some = groupSides(facts, facts.members.slice(1));
    expect([some.colors, some.shapes]).toEqual([all.colors.slice(1), all.shapes.slice(1)]);
    const alone = groupSides(facts, [facts.members[1]!]);
    expect(alone.colors).toEqual([all.colors[1]]);
    expect(new Set(all.colors).size).toBe(5);
  });

  it('tell 12 trials apart, and the caption names how many are drawn of more', () => {
    const trials = Array.from({ length: 14 }, (_, index) => 1003 + index);
    const { facts, built } = compared(trials);
    const { names, colors, shapes } = groupSides(facts, drawnMembers(facts));
    expect(new Set(names.map((_, index) => `${String(colors[index])} ${String(shapes[index])}`)).size).toBe(12);
    const { content, rows } = built(groupLosses);
    expect(content.kind === 'charts' ? content.caption : '').toContain('Drawn: the first 12 of 14 trials.');
    expect(new Set(rows.map(({ trial }) => trial)).size).toBe(12);
    expect(built(groupNumbers).rows).toHaveLength(14);
  });
});
