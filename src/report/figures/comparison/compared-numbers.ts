import type { ComparedTrials } from '../../facts/compared-trials.js';
import { ofBoth } from '../../facts/compared-trials.js';
import { evidenceSql, notRunText } from '../not-run.js';
import type { PageFigure, TableColumn } from '../figure.js';
import { durationText, inDifferenceUnit, intervalText, signed, significantText, valueText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';

/** The numbers of both trials in two lines: metric, losses, size, time. */
export const comparedNumbers: PageFigure<ComparedTrials> = {
  id: 'numbers',
  section: 'numbers',
  title: () => 'Both in numbers',
  sql: (facts) =>
    `SELECT t.trial, t.sweep, t.label, t.status, t.value, t.ci_low, t.ci_high, t.gap_to_fp32, t.gain_over_unsmoothed, ${commonMean(facts)} AS mean_l1,
       t.output_divergence, t.agreement, t.activation_bits, t.weight_bits, t.calibration_samples, p.float_weight_share,
       t.duration_ms, t.search_duration_ms, ${evidenceSql('t')} AS evidence
FROM v_trial t
LEFT JOIN v_pareto p ON p.sweep = t.sweep AND p.trial = t.trial
WHERE ${ofBoth(facts, 't.')} ORDER BY t.trial <> ${facts.trial.trial}`,
  build: (_, facts) => {
    const { metric } = facts.sweep;
    return {
      kind: 'table',
      sortable: false,
      caption: `Gap to FP32 and gain over unsmoothed${inDifferenceUnit(metric)}; bits of inputs and weights. Mean L1 and divergence: lower is better.`,
      details:
        'Mean L1: over the layers that both quantize. Divergence: of the output from FP32’s. Time of the trial itself, without shared stages; search: time of the alpha search.',
      columns: [
        {
          title: 'setting',
          field: 'label',
          align: 'left',
          text: (row) => `${isFirst(row, facts) ? 'A' : 'B'}: ${textOf(row, 'label')}${notRunText(row)}`,
          href: (row) => (isFirst(row, facts) ? facts.sweep.links.trial(facts.trial.trial) : facts.otherHref),
        },
        right(metric.shortName, 'value', (row) => valueText(numberOrNull(row, 'value'), metric)),
        right('95 % interval', 'ci_low', (row) => {
          const [low, high] = [numberOrNull(row, 'ci_low'), numberOrNull(row, 'ci_high')];
          return low === null || high === null ? '–' : intervalText(low, high, metric);
        }),
        right('gap to FP32', 'gap_to_fp32', (row) => signedOrDash(row, 'gap_to_fp32', facts)),
        right('gain', 'gain_over_unsmoothed', (row) => signedOrDash(row, 'gain_over_unsmoothed', facts)),
        right('mean L1', 'mean_l1', (row) => significantText(numberOrNull(row, 'mean_l1'))),
        right('divergence', 'output_divergence', (row) => significantText(numberOrNull(row, 'output_divergence'), 3)),
        right('agreement', 'agreement', (row) => shareText(numberOrNull(row, 'agreement'))),
        right('bits', 'weight_bits', bitsText),
        right('weights in float', 'float_weight_share', (row) => shareText(numberOrNull(row, 'float_weight_share'))),
        right('calibrated on', 'calibration_samples', (row) => samplesText(numberOrNull(row, 'calibration_samples'))),
        right('time', 'duration_ms', (row) => durationText(numberOrNull(row, 'duration_ms'))),
        right('search', 'search_duration_ms', (row) => durationText(numberOrNull(row, 'search_duration_ms'))),
      ],
    };
  },
};

/**
 * SQL: the mean L1 of a row's trial over the layers that both have; NULL where losses are not
 * compared.
 */
function commonMean({ sweep, trial, other, otherSweep, commonLoss }: ComparedTrials): string {
  if (commonLoss === null) return 'NULL';
  const losses = (name: string, number: number): string =>
    `SELECT layer FROM v_layer_loss WHERE sweep = ${sqlText(name)} AND trial = ${number} AND mode = 'accumulated'`;
  return `(SELECT avg(l.l1) FROM v_layer_loss l WHERE l.sweep = t.sweep AND l.trial = t.trial AND l.mode = 'accumulated'
         AND l.layer IN (${losses(sweep.sweep.name, trial.trial)}) AND l.layer IN (${losses(otherSweep, other.trial)}))`;
}

function isFirst(row: Row, { trial }: ComparedTrials): boolean {
  return numberOf(row, 'trial') === trial.trial;
}

function right(title: string, field: string, text: (row: Row) => string): TableColumn {
  return { title, field, align: 'right', text };
}

function signedOrDash(row: Row, field: string, { sweep: { metric } }: ComparedTrials): string {
  const value = numberOrNull(row, field);
  return value === null ? '–' : signed(value, metric);
}

function shareText(share: number | null): string {
  return share === null ? '–' : `${(100 * share).toFixed(2)} %`;
}

function samplesText(samples: number | null): string {
  return samples === null ? '–' : `${samples} samples`;
}

function bitsText(row: Row): string {
  const bits = [numberOrNull(row, 'activation_bits'), numberOrNull(row, 'weight_bits')];
  return bits.every((count) => count === null) ? '–' : bits.map((count) => count?.toString() ?? '–').join(' / ');
}
