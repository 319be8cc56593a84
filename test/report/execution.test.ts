import { describe, expect, it } from 'vitest';
import { integerAgainstSimulated } from '../../src/report/figures/sweep/execution.js';
import { buildFigure } from './build-figure.js';

const build = (change: string) => buildFigure(integerAgainstSimulated, change);

/** Trial 1004 becomes the integer counterpart of trial 1003, 2 points below it. */
const paired = `
  UPDATE trial SET execution = 'integer', integer_kernels = '{"QGemm":1,"QLinearConv":3}',
    simulated_key = (SELECT key FROM trial WHERE id = 1003) WHERE id = 1004;
  UPDATE accuracy SET value = 0.8 WHERE trial_id = 1003 AND metric = 'top1';
  UPDATE accuracy SET value = 0.78 WHERE trial_id = 1004 AND metric = 'top1';
  INSERT INTO comparison (sweep_id, trial_id, against, other_trial_id, metric, difference, method, p_value, only_trial, only_other, significant)
    VALUES (1000, 1004, 'simulated', 1003, 'top1', -0.02, 'mcnemar', 0.004, 100, 300, 1);`;

describe('the table of integer against simulated execution', () => {
  it('is left out where everything was simulated, and names the setting that brings it', () => {
    expect(build('').content).toMatchObject({
      kind: 'absent',
      note: expect.stringContaining('quantization.execution: [simulated, integer]') as string,
    });
  });

  it('sets each integer trial beside its simulated one and says what ran', () => {
    const { rows, content } = build(paired);
    if (content.kind !== 'table') throw new Error(`Expected a table, got ${content.kind}.`);
    expect(content.columns.slice(1).map((column) => column.text(rows[0]!).replaceAll('\u00a0', ' '))).toEqual([
      '80.00 %',
      '78.00 %',
      '−2.00 points',
      'p = 0.004',
      '1 QGemm, 3 QLinearConv',
    ]);
    expect(content.caption).toContain('1 of 1 differ significantly.');
    expect(content.details).toContain('The CPU has no VNNI');
  });

  it('says where nothing became an integer kernel, and does not warn of a CPU with VNNI', () => {
    const { content } = build(
      `${paired} UPDATE trial SET integer_kernels = '{}' WHERE id = 1004; UPDATE environment SET cpu_flags = 'avx2 avx_vnni';`,
    );
    if (content.kind !== 'table') throw new Error(`Expected a table, got ${content.kind}.`);
    expect(content.details).toContain('In 1 no operator became an integer kernel');
    expect(content.details).not.toContain('no VNNI');
  });
});
