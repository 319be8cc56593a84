import type { TopLevelSpec } from 'vega-lite';
import type { Figure } from '../figure.js';
import { countText } from '../../number-text.js';
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
  name: 'which loss predicts accuracy',
  title: () => 'Which loss predicts accuracy',
  sql: ({ sweep, best }) =>
    `SELECT p.mode, p.loss, p.trials, p.rho, p.ci_low, p.ci_high
FROM v_proxy_fidelity p WHERE p.sweep = ${sqlText(sweep.name)} AND p.rho IS NOT NULL
AND p.evaluation = (SELECT fp32_key FROM trial WHERE id = ${best?.trial ?? -1}) ORDER BY p.rho DESC, p.mode, p.loss`,
  build: (rows, { metric }) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'Rank correlation of losses with accuracy: it needs four or more finished settings that differ in accuracy.',
        brief: 'four settings that differ in accuracy',
      };
    }
    const caption = `${verdict(rows)} Spearman correlation of each loss with ${metric.name} over ${numberOf(rows[0]!, 'trials')} quantized trials; 1 means that the loss ranks them exactly as accuracy does. Bars: 95 % intervals (Bonett and Wright). Layer losses are means over layers; divergence (KL) and agreement are measured at the output.`;
    return {
      kind: 'charts',
      controls: [],
      caption,
      panels: [{ title: '', alt: `Dot plot of rank correlations. ${caption}`, spec: chart(rows) }],
    };
  },
};

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
  const name = `${nameOf(trusted)}${equals.length === 0 ? '' : ` (as ${countText(equals.length, 'other')})`}`;
  const rho = `rho ${numberOf(trusted, 'rho').toFixed(2)}, at least ${low.toFixed(2)}`;
  if (low <= 0) return `No loss ranks these trials better than chance (best: ${name}, ${rho}).`;
  return `${name} predicts accuracy best here (${rho}).`;
}

function nameOf(row: Row): string {
  return `${textOf(row, 'mode')} ${textOf(row, 'loss')}`;
}

function chart(rows: readonly Row[]): TopLevelSpec {
  const names = rows.map(nameOf);
  const x = {
    field: 'rho',
    type: 'quantitative' as const,
    title: 'rank correlation with accuracy, 1 is best',
    scale: { domain: [-1, 1] },
    axis: { tickCount: 9 },
  };
  const y = {
    field: 'name',
    type: 'nominal' as const,
    title: null,
    sort: names,
    axis: { ticks: false, domain: false, labelLimit: 210 },
  };
  return {
    description: 'Rank correlation of each loss with accuracy',
    data: { name: 'rows' },
    width: 'container',
    height: 18 * names.length,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    transform: [{ calculate: "datum.mode + ' ' + datum.loss", as: 'name' }],
    layer: [
      {
        data: { values: [{ zero: 0 }] },
        mark: { type: 'rule', color: color('muted'), strokeDash: [4, 4] },
        encoding: { x: { ...x, field: 'zero' } },
      },
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
