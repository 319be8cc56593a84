import { expect, it } from 'vitest';
import { environments, failedAttempts } from '../../src/report/figures/sweep/provenance.js';
import { inputs } from '../../src/report/figures/sweep/inputs.js';
import type { Figure } from '../../src/report/figures/figure.js';
import { buildFigure } from './build-figure.js';

function cells(figure: Figure, change: string): string[][] {
  const { rows, content } = buildFigure(figure, change);
  if (content.kind !== 'table') throw new Error(`Expected a table, got ${content.kind}`);
  return rows.map((row) => content.columns.map((column) => column.text(row)));
}

it('what went in names the model by content, the data and each seed, with the trials of each', () => {
  const table = cells(
    inputs,
    `UPDATE trial SET settings = json_set(settings, '$.evaluation', json('{"source":{"format":"cifar10","path":"data","limit":null},"samples":"all"}'));
     UPDATE trial SET settings = json_set(settings, '$.calibration.sampleSeed', 7) WHERE id = 1003;`,
  );
  expect(table).toContainEqual([
    'model',
    'cifar10-mobilenetv2-skewed.onnx, 1.1 MB, 272,474 parameters, opset 17, sha256 sha-1000',
    'all',
  ]);
  expect(table).toContainEqual(['evaluation data', 'cifar10, path: data', 'all']);
  expect(table).toContainEqual(['calibration seed', '7', '1 of 43']);
  expect(table).toContainEqual(['optimization level', 'all', 'all']);
});

it('what went in has seeds of equally many trials in one line', () => {
  const table = cells(
    inputs,
    `UPDATE trial SET settings = json_set(settings, '$.calibration.sampleSeed', 12 - id % 3) WHERE id BETWEEN 1003 AND 1008;`,
  );
  expect(table).toContainEqual(['calibration seed', '10, 11, 12', '2 of 43 each']);
});

it('what ran it has the commit, and one row for all slots of a host', () => {
  const table = cells(
    environments,
    `UPDATE environment SET git_commit = '0123456789abcdef'; UPDATE attempt SET device = 'cpu:1' WHERE trial_id = 1003;`,
  );
  expect(table).toHaveLength(1);
  expect(table[0]?.[0]).toMatch(/^cpu:\d, cpu:\d$/);
  expect(table[0]?.join(' | ')).toContain('quantsweep 0.1.0, commit 0123456789, onnxruntime 1.30.0, Node v20.20.2');
  expect(table[0]?.join(' | ')).toContain('AMD EPYC 7763, 2 cores, no VNNI | 7.7 GiB');
});

it('attempts that failed alike are one line, with how many and which trials', () => {
  const table = cells(
    failedAttempts,
    `UPDATE attempt SET status = 'failed', error_class = 'NonFiniteError', error = 'NaN in the output' WHERE trial_id BETWEEN 1003 AND 1010;
     UPDATE attempt SET status = 'failed', error_class = 'NonFiniteError', error = 'NaN in the input' WHERE trial_id = 1011;`,
  );
  const told = table.map((row) => row.filter((_, column) => [0, 1, 2, 6, 7].includes(column)));
  expect(told).toContainEqual([
    '8',
    'trials 1003, 1004, 1005, 1006, 1007 and 3 more',
    'failed',
    'NonFiniteError',
    'NaN in the output',
  ]);
  expect(told).toContainEqual(['1', 'trial 1011', 'failed', 'NonFiniteError', 'NaN in the input']);
});
