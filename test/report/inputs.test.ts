import { expect, it } from 'vitest';
import { environments } from '../../src/report/figures/sweep/provenance.js';
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
    'cifar10-mobilenetv2-skewed.onnx, 1.1 MB, 272474 parameters, opset 17, sha256 sha-1000',
    '43',
  ]);
  expect(table).toContainEqual(['evaluation data', 'format: cifar10, path: data', '43']);
  expect(table).toContainEqual(['calibration seed', '7', '1']);
  expect(table).toContainEqual(['optimization level', 'all', '43']);
});

it('what ran it has the commit, and one row for all slots of a host', () => {
  const table = cells(
    environments,
    `UPDATE environment SET git_commit = '0123456789abcdef'; UPDATE attempt SET device = 'cpu:1' WHERE trial_id = 1003;`,
  );
  expect(table).toHaveLength(1);
  expect(table[0]?.[0]).toMatch(/^cpu:\d,cpu:\d$/);
  expect(table[0]?.join(' | ')).toContain('quantsweep 0.1.0, commit 0123456789, onnxruntime 1.30.0, Node v20.20.2');
  expect(table[0]?.join(' | ')).toContain('AMD EPYC 7763, 2 cores, no VNNI | 7.7 GiB');
});
