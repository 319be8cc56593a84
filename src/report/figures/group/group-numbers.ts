import type { ComparedGroup, GroupMember } from '../../facts/compared-group.js';
import { groupLossesApart, memberOrder, ofMembers } from '../../facts/compared-group.js';
import type { MetricText } from '../../number-text.js';
import { durationText, inDifferenceUnit, intervalText, signed, significantText, valueText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, textOf } from '../../query.js';
import { evidenceSql, notRunText } from '../not-run.js';
import type { PageFigure, TableColumn } from '../figure.js';

/** The numbers of all trials, a line each: metric, losses, size, time. */
export const groupNumbers: PageFigure<ComparedGroup> = {
  id: 'numbers',
  section: 'numbers',
  title: () => 'All in numbers',
  sql: (facts) =>
    `SELECT t.trial, t.sweep, t.label, t.status, t.value, t.ci_low, t.ci_high, t.gap_to_fp32, t.gain_over_unsmoothed, ${commonMean(facts)} AS mean_l1,
       t.output_divergence, t.activation_bits, t.weight_bits, t.calibration_samples, t.duration_ms, t.search_duration_ms, ${evidenceSql('t')} AS evidence
FROM v_trial t WHERE ${ofMembers(facts.members, 't.')} ORDER BY ${memberOrder(facts.members, 't.trial')}`,
  build: (rows, { members, sweep: { metric } }) => ({
    kind: 'table',
    sortable: false,
    caption: `Gap to FP32 and gain over unsmoothed${inDifferenceUnit(metric)}. Mean L1: over the layers that all of them quantize; lower is better, as is divergence (of the output from FP32’s).`,
    columns: [
      memberColumn(members),
      right(metric.shortName, 'value', (row) => valueText(numberOrNull(row, 'value'), metric)),
      right('95 % interval', 'ci_low', (row) => {
        const [low, high] = [numberOrNull(row, 'ci_low'), numberOrNull(row, 'ci_high')];
        return low === null || high === null ? '–' : intervalText(low, high, metric);
      }),
      right('gap to FP32', 'gap_to_fp32', (row) => signedOrDash(row, 'gap_to_fp32', metric)),
      right('gain', 'gain_over_unsmoothed', (row) => signedOrDash(row, 'gain_over_unsmoothed', metric)),
      right('mean L1', 'mean_l1', (row) => significantText(numberOrNull(row, 'mean_l1'))),
      right('divergence', 'output_divergence', (row) => significantText(numberOrNull(row, 'output_divergence'), 3)),
      right('bits', 'weight_bits', bitsText),
      right('time', 'duration_ms', (row) => durationText(numberOrNull(row, 'duration_ms'))),
      right('search', 'search_duration_ms', (row) => durationText(numberOrNull(row, 'search_duration_ms'))),
    ].filter(({ field }) => field === 'label' || rows.some((row) => row[field] !== null)),
  }),
};

/** The column that names the trial of a row, with its letter and a link to its page. */
export function memberColumn(members: readonly GroupMember[]): TableColumn {
  const memberOf = (row: Row): GroupMember | undefined =>
    members.find(({ trial }) => trial.trial === numberOf(row, 'trial'));
  return {
    title: 'trial',
    field: 'label',
    align: 'left',
    text: (row) => `${memberOf(row)?.side ?? ''}: ${textOf(row, 'label')}${notRunText(row)}`,
    href: (row) => memberOf(row)?.href ?? null,
  };
}

/**
 * SQL: the mean L1 of a row's trial over the layers that all trials with losses have; NULL where
 * losses are not compared.
 */
function commonMean(facts: ComparedGroup): string {
  if (groupLossesApart(facts) !== null) return 'NULL';
  const losses = `SELECT trial, layer FROM v_layer_loss WHERE ${ofMembers(facts.members)} AND mode = 'accumulated'`;
  return `(SELECT avg(l.l1) FROM v_layer_loss l WHERE l.sweep = t.sweep AND l.trial = t.trial AND l.mode = 'accumulated'
         AND l.layer IN (SELECT layer FROM (${losses}) GROUP BY layer HAVING count(*) = (SELECT count(DISTINCT trial) FROM (${losses}))))`;
}

function right(title: string, field: string, text: (row: Row) => string): TableColumn {
  return { title, field, align: 'right', text };
}

function signedOrDash(row: Row, field: string, metric: MetricText): string {
  const value = numberOrNull(row, field);
  return value === null ? '–' : signed(value, metric);
}

function bitsText(row: Row): string {
  const bits = [numberOrNull(row, 'activation_bits'), numberOrNull(row, 'weight_bits')];
  return bits.every((count) => count === null) ? '–' : bits.map((count) => count?.toString() ?? '–').join(' / ');
}
