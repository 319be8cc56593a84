import type { TopLevelSpec } from 'vega-lite';
import type { Figure } from '../figure.js';
import { lossMeasureName, lossModeName } from '../../loss-names.js';
import { countText, type MetricText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';
import { color } from '../../charts/theme.js';

/**
 * Which loss may be trusted to choose a setting: its rank correlation with accuracy over the
 * trials.
 */
export const proxyFidelity: Figure = {
  id: 'proxy-fidelity',
  section: 'layers',
  name: 'which loss predicts the metric',
  title: ({ metric }) => `Which loss predicts ${judgedName(metric)}`,
  sql: ({ sweep, best }) =>
    `SELECT p.mode, p.loss, p.trials, p.rho, p.ci_low, p.ci_high
FROM v_proxy_fidelity p WHERE p.sweep = ${sqlText(sweep.name)} AND p.rho IS NOT NULL
AND p.evaluation = (SELECT fp32_key FROM trial WHERE id = ${best?.trial ?? -1}) ORDER BY p.rho DESC, p.mode, p.loss`,
  build: (rows, { metric }) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: `Rank correlation of losses with ${metric.name}: it needs four or more finished settings that differ in it.`,
        brief: `four settings that differ in ${metric.name}`,
      };
    }
    const caption = `${verdict(rows)} Rank correlation with ${metric.name} over ${countText(numberOf(rows[0]!, 'trials'), 'trial')}; bars: 95 % intervals.`;
    return {
      kind: 'charts',
      controls: [],
      caption,
      details:
        'Spearman’s rho: 1 means that the loss ranks the quantized trials exactly as their metric does. Intervals after Bonett and Wright. Layer losses are means over layers, with the whole network (accumulated), the layer alone (isolated), or only its weight or its input quantized; divergence (KL) and agreement are measured at the output.',
      panels: [{ title: '', alt: `Dot plot of rank correlations. ${caption}`, spec: chart(rows, metric) }],
    };
  },
};

/** Accuracy is a share of right samples only. */
function judgedName({ isProportion, name }: MetricText): string {
  return isProportion ? 'accuracy' : name;
}

function verdict(rows: readonly Row[]): string {
  // Agreement is taken over the evaluation samples, which must not choose; a loss can be measured
  // on others.
  const losses = rows.filter((row) => row['loss'] !== 'agreement');
  const trusted = (losses.length === 0 ? rows : losses).reduce((a, b) =>
    (numberOrNull(b, 'ci_low') ?? -2) > (numberOrNull(a, 'ci_low') ?? -2) ? b : a,
  );
  const low = numberOrNull(trusted, 'ci_low') ?? -1;
  const equals = losses.filter(
    (row) => row !== trusted && row['rho'] === trusted['rho'] && row['ci_low'] === trusted['ci_low'],
  );
  const name = `${readableName(trusted)}${equals.length === 0 ? '' : ` (as ${countText(equals.length, 'other')})`}`;
  const rho = `rho ${numberOf(trusted, 'rho').toFixed(2)}, at least ${low.toFixed(2)}`;
  if (low <= 0) return `No loss ranks these trials better than chance (best: ${name}, ${rho}).`;
  return `Best predictor: ${name} (${rho}).`;
}

/** As stored: `accumulated rel_l1`. */
function storedName(row: Row): string {
  return `${textOf(row, 'mode')} ${textOf(row, 'loss')}`;
}

/** `relative L1, whole network`. */
function readableName(row: Row): string {
  const [mode, loss] = [textOf(row, 'mode'), textOf(row, 'loss')];
  return mode === 'output' ? `${loss} of the output` : `${lossMeasureName(loss)}, ${lossModeName(mode)}`;
}

/** The axis: from a round number below all intervals to 1; with 0 where one reaches below it. */
function lowEnd(rows: readonly Row[]): number {
  const low = rows.reduce((least, row) => Math.min(least, numberOrNull(row, 'ci_low') ?? numberOf(row, 'rho')), 1);
  return Math.max(-1, Math.min(0.9, Math.floor(20 * low - 0.5) / 20));
}

function chart(rows: readonly Row[], metric: MetricText): TopLevelSpec {
  const names = Object.fromEntries(rows.map((row) => [storedName(row), readableName(row)]));
  const from = lowEnd(rows);
  const x = {
    field: 'rho',
    type: 'quantitative' as const,
    title: `rank correlation with ${judgedName(metric)}, 1 is best`,
    scale: { domain: [from, 1], nice: false },
    axis: { tickCount: 7 },
  };
  const y = {
    field: 'name',
    type: 'nominal' as const,
    title: null,
    sort: Object.values(names),
    axis: { ticks: false, domain: false, labelLimit: 210 },
  };
  return {
    description: `Rank correlation of each loss with ${judgedName(metric)}`,
    data: { name: 'rows' },
    width: 'container',
    height: 18 * rows.length,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [{ name: 'names', value: names }],
    transform: [
      { calculate: "datum.mode + ' ' + datum.loss", as: 'stored' },
      { calculate: 'names[datum.stored]', as: 'name' },
    ],
    layer: [
      // Below 0 a loss ranks the trials the wrong way round.
      ...(from < 0
        ? [
            {
              data: { values: [{ zero: 0 }] },
              mark: { type: 'rule' as const, color: color('muted'), strokeDash: [4, 4] },
              encoding: { x: { ...x, field: 'zero' } },
            },
          ]
        : []),
      {
        mark: { type: 'rule', strokeWidth: 2, color: color('smoothed') },
        encoding: { x: { ...x, field: 'ci_low' }, x2: { field: 'ci_high' }, y },
      },
      {
        mark: { type: 'point', filled: true, size: 70, opacity: 1, color: color('smoothed') },
        encoding: {
          x,
          y,
          tooltip: [
            { field: 'name', title: 'loss' },
            { field: 'stored', title: 'stored as' },
            { field: 'rho', title: 'rho', format: '.3f' },
            { field: 'ci_low', title: '95 % from', format: '.3f' },
            { field: 'ci_high', title: '95 % to', format: '.3f' },
            { field: 'trials', title: 'trials' },
          ],
        },
      },
    ],
  };
}
