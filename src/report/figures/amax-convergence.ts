import type { TopLevelSpec } from 'vega-lite';
import type { Figure } from '../figure.js';
import type { Row } from '../query.js';
import { numberOf, sqlText } from '../query.js';
import type { SweepFacts } from '../sweep-facts.js';
import { color } from '../theme.js';
import { layerTooltip } from './layer-axis.js';

/** How the unsmoothed input amax grows with the number of calibration batches: a line per layer and their median. */
export const amaxConvergence: Figure = {
  id: 'amax-convergence',
  section: 'ranges',
  title: () => 'How many batches until the ranges settle',
  sql: ({ sweep }) =>
    `SELECT batches, samples, position, layer, avg(amax) AS amax, avg(share_of_largest) AS share_of_largest, count(*) AS passes
FROM v_amax_convergence WHERE sweep = ${sqlText(sweep.name)} GROUP BY position, layer, batches, samples ORDER BY position, batches`,
  build: (rows, facts) => {
    const batches = new Set(rows.map((row) => numberOf(row, 'batches')));
    if (batches.size < 2) {
      return {
        kind: 'absent',
        note: 'Ranges are known at fewer than two calibration sizes: a larger data.calibration.batches brings snapshots between.',
      };
    }
    const caption = captionText(rows, facts);
    return {
      kind: 'charts',
      controls: [],
      caption,
      panels: [
        {
          title: '',
          alt: `Line chart of input amax over calibration batches. ${caption}`,
          spec: chart(facts, caption),
        },
      ],
    };
  },
};

function captionText(rows: readonly Row[], { sizes }: SweepFacts): string {
  const shares = (size: number): number[] =>
    rows
      .filter((row) => row['batches'] === size && row['share_of_largest'] !== null)
      .map((row) => numberOf(row, 'share_of_largest'));
  const parts = sizes.slice(0, -1).flatMap((size) => {
    const values = shares(size).sort((a, b) => a - b);
    if (values.length === 0) return [];
    const middle = values[Math.floor(values.length / 2)] ?? 0;
    return [
      `After ${size} batches the median layer has seen ${percent(middle)} of its final range, the lowest ${percent(values[0] ?? 0)}.`,
    ];
  });
  const mixed = rows.some((row) => numberOf(row, 'passes') > 1)
    ? ' Means over several calibration passes of the sweep.'
    : '';
  return `Input amax without smoothing, as a share of the largest seen. Thin: one layer each; thick: their median; dashed: calibration sizes of the sweep. ${parts.join(' ')}${mixed}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function chart({ sizes }: SweepFacts, description: string): TopLevelSpec {
  const x = {
    field: 'batches',
    type: 'quantitative' as const,
    title: 'calibration batches',
    scale: { type: 'log' as const, nice: false },
    axis: {
      values: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000],
      format: 'd',
      labelOverlap: 'greedy' as const,
      grid: false,
    },
  };
  const y = {
    field: 'share_of_largest',
    type: 'quantitative' as const,
    title: 'share of the largest amax (%)',
    scale: { zero: false },
    axis: { format: '.0%', tickCount: 6 },
  };
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: 300,
    autosize: { type: 'fit', contains: 'padding', resize: true },
    layer: [
      {
        mark: { type: 'line', strokeWidth: 1, opacity: 0.45, color: color('smoothed') },
        encoding: { x, y, detail: { field: 'position', type: 'nominal' } },
      },
      {
        mark: { type: 'point', filled: true, size: 22, opacity: 0.6, color: color('smoothed') },
        encoding: {
          x,
          y,
          tooltip: [
            layerTooltip,
            { field: 'batches', title: 'batches' },
            { field: 'samples', title: 'samples' },
            { field: 'amax', title: 'amax', format: '.4~g' },
            { field: 'share_of_largest', title: 'share of the largest', format: '.1%' },
          ],
        },
      },
      {
        transform: [{ aggregate: [{ op: 'median', field: 'share_of_largest', as: 'middle' }], groupby: ['batches'] }],
        mark: { type: 'line', strokeWidth: 3, color: color('text') },
        encoding: { x, y: { ...y, field: 'middle' } },
      },
      {
        data: { values: sizes.map((size) => ({ size })) },
        mark: { type: 'rule', strokeDash: [3, 3], color: color('muted') },
        encoding: { x: { ...x, field: 'size' } },
      },
    ],
  };
}
