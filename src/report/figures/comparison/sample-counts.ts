import type { TopLevelSpec } from 'vega-lite';
import type { ComparedTrials } from '../../facts/compared-trials.js';
import { comparedSql, sideColors } from '../../facts/compared-trials.js';
import type { PageFigure } from '../figure.js';
import { differenceText, differenceUnitNote, intervalText } from '../../number-text.js';
import { numberOf, numberOrNull } from '../../query.js';
import { color } from '../../charts/theme.js';

/**
 * What the paired test rests on: samples that one trial alone gets right, or the difference with
 * its interval.
 */
export const sampleCounts: PageFigure<ComparedTrials> = {
  id: 'samples',
  section: 'first',
  title: ({ verdict }) =>
    verdict?.method === 'paired bootstrap' ? 'The difference and its interval' : 'Samples on which they disagree',
  sql: ({ trial, other }) => comparedSql.verdict(trial.trial, other.trial),
  build: (rows, facts) => {
    const { metric } = facts.sweep;
    const row = rows[0];
    if (row === undefined) {
      return {
        kind: 'absent',
        note: 'The two are not paired sample by sample; the text says why.',
        brief: 'not paired',
      };
    }
    if (row['only_trial'] === null) {
      const [low, high] = [numberOrNull(row, 'ci_low'), numberOrNull(row, 'ci_high')];
      const interval =
        low === null || high === null ? '' : `, 95 % interval ${intervalText(low, high, metric).replaceAll('-', '−')}`;
      const alt = `The difference of A and B, ${differenceText(numberOf(row, 'difference'), metric)}${interval}.`;
      return {
        kind: 'charts',
        controls: [],
        caption: `${alt} If the interval contains 0, the difference is not statistically significant.`,
        details: 'Paired bootstrap over the evaluation samples.',
        panels: [{ title: '', alt, spec: differenceChart(facts, alt) }],
      };
    }
    const [onlyA, onlyB] = [numberOf(row, 'only_trial'), numberOf(row, 'only_other')];
    const alt = `Bars: ${onlyA} samples that only A gets right, ${onlyB} that only B gets right.`;
    return {
      kind: 'charts',
      controls: [],
      caption: `McNemar’s test weighs only these. ${numberOf(row, 'both')} samples are right in both, ${numberOf(row, 'neither')} in neither.`,
      details: 'If both settings were equally good, the samples would split like coin tosses.',
      panels: [{ title: '', alt, spec: countsChart(facts, alt) }],
    };
  },
};

function countsChart(facts: ComparedTrials, description: string): TopLevelSpec {
  const names = ['A alone is right', 'B alone is right'];
  const y = {
    field: 'who',
    type: 'nominal' as const,
    title: null,
    sort: names,
    axis: { ticks: false, labelLimit: 160 },
  };
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: 64,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    transform: [
      { fold: ['only_trial', 'only_other'], as: ['which', 'samples'] },
      { calculate: `datum.which == 'only_trial' ? '${names[0]!}' : '${names[1]!}'`, as: 'who' },
    ],
    layer: [
      {
        mark: { type: 'bar', height: 20 },
        encoding: {
          y,
          x: {
            field: 'samples',
            type: 'quantitative',
            title: 'samples',
            axis: { tickMinStep: 1, tickCount: 5, format: '~d' },
          },
          color: {
            field: 'who',
            type: 'nominal',
            legend: null,
            scale: { domain: names, range: [...sideColors(facts)] },
          },
          tooltip: [
            { field: 'who', title: 'samples where' },
            { field: 'samples', title: 'count' },
          ],
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 5 },
        encoding: { y, x: { field: 'samples', type: 'quantitative' }, text: { field: 'samples', format: ',d' } },
      },
    ],
  };
}

function differenceChart({ sweep: { metric } }: ComparedTrials, description: string): TopLevelSpec {
  const x = {
    type: 'quantitative' as const,
    title: `${metric.name} of A minus that of B${metric.isProportion ? '' : differenceUnitNote(metric)}, above 0: A is better`,
    scale: { zero: true, padding: 14 },
    axis: { format: metric.axisFormat, tickCount: 6 },
  };
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: 44,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    layer: [
      {
        data: { values: [{}] },
        mark: { type: 'rule', color: color('muted'), strokeDash: [4, 3] },
        encoding: { x: { datum: 0, type: 'quantitative' } },
      },
      {
        mark: { type: 'rule', strokeWidth: 2.5, color: color('text') },
        encoding: { x: { ...x, field: 'ci_low' }, x2: { field: 'ci_high' } },
      },
      {
        mark: { type: 'point', filled: true, size: 90, color: color('text'), opacity: 1 },
        encoding: {
          x: { ...x, field: 'difference' },
          tooltip: [
            { field: 'difference', title: 'A − B', format: metric.isProportion ? '.4f' : metric.tooltipFormat },
            { field: 'ci_low', title: '95 % from', format: metric.isProportion ? '.4f' : metric.tooltipFormat },
            { field: 'ci_high', title: '95 % to', format: metric.isProportion ? '.4f' : metric.tooltipFormat },
            { field: 'p_value', title: 'p', format: '.3~g' },
          ],
        },
      },
    ],
  };
}
