import type { Row } from '../query.js';

/** SQL: whether the trial of a row of v_trial was run on its target, as v_deployment has it. */
export function evidenceSql(alias: string): string {
  return `(SELECT d.evidence FROM v_deployment d WHERE d.sweep = ${alias}.sweep AND d.trial = ${alias}.trial)`;
}

/** What marks a row with such a column `evidence` whose target follows published rules only. */
export function notRunText(row: Row): string {
  return row['evidence'] === 'rules' ? ' (not run here)' : '';
}
