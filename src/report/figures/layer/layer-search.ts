import type { TopLevelSpec } from 'vega-lite';
import { drawnLimits } from '../../drawn-limits.js';
import type { Drawn, Part } from '../../drawn-parts.js';
import { chooseParts, leftOutText, onlyTrials } from '../../drawn-parts.js';
import type { PageFigure } from '../../figure.js';
import { significantText } from '../../number-text.js';
import type { LayerPageFacts } from '../../pages/layer-page-facts.js';
import { shortName } from '../../pages/layer-page-facts.js';
import { numberOf, sqlText, textOf } from '../../query.js';
import type { SweepFacts } from '../../sweep-facts.js';
import { color } from '../../theme.js';

/** What the search of a dynamic alpha saw of this layer: the loss of each candidate, with the choice marked. */
export const layerSearch: PageFigure<LayerPageFacts> = {
  id: 'search',
  section: 'loss',
  title: () => 'The search for this layer’s alpha',
  sql: ({ sweep, layer }) => `SELECT trial, label, calibration_batches, alpha, loss, chosen
FROM (SELECT *, max(descent_sweep) OVER (PARTITION BY trial) AS last_sweep FROM v_search_curve
  WHERE sweep = ${sqlText(sweep.sweep.name)} AND position = ${layer.position} AND layer = ${sqlText(layer.name)}${onlyTrials(drawnSearches(sweep).trials)})
WHERE descent_sweep = last_sweep ORDER BY trial, alpha`,
  build: (rows, { sweep }) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'No search of this layer’s alpha is stored: smoothing.mode: dynamic in the grid brings it.',
      };
    }
    const trials = new Map(rows.map((row) => [numberOf(row, 'trial'), textOf(row, 'label')]));
    const chosen = rows
      .filter((row) => row['chosen'] === 1)
      .map((row) => `alpha ${significantText(numberOf(row, 'alpha'))} (${shortName(textOf(row, 'label'))})`);
    return {
      kind: 'charts',
      controls: [],
      caption: `What the search judged each candidate alpha by, in units of its objective (of a descent: in its last sweep). Chosen: ${chosen.length === 0 ? 'none' : chosen.join(', ')}. A flat curve means that the layer hardly cares.${leftOutText(drawnSearches(sweep), 'searches', sweep)}`,
      panels: [...trials].map(([trial, label]) => {
        const alt = `Line of the search’s loss over candidate alpha of this layer, ${shortName(label)}.`;
        return { title: shortName(label), alt, spec: chart(trial, alt) };
      }),
    };
  },
};

function drawnSearches(sweep: SweepFacts): Drawn<Part> {
  const searches = sweep.trials
    .filter(({ alphaMode }) => alphaMode === 'dynamic')
    .map(({ trial }) => ({ trials: new Set([trial]) }));
  return chooseParts(searches, sweep, { most: drawnLimits.searches });
}

function chart(trial: number, description: string): TopLevelSpec {
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: 170,
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    transform: [{ filter: { field: 'trial', equal: trial } }],
    encoding: {
      x: {
        field: 'alpha',
        type: 'quantitative',
        title: 'candidate alpha',
        scale: { domain: [0, 1], nice: false },
        axis: { values: [0, 0.2, 0.4, 0.6, 0.8, 1] },
      },
      y: {
        field: 'loss',
        type: 'quantitative',
        title: 'objective, lower is better',
        scale: { zero: false, padding: 8 },
        axis: { format: '.3~g', tickCount: 5 },
      },
    },
    layer: [
      { mark: { type: 'line', color: color('muted'), strokeWidth: 1.5 } },
      {
        mark: { type: 'point', filled: true, opacity: 1 },
        encoding: {
          color: {
            condition: { test: 'datum.chosen == 1', value: color('smoothed') },
            value: color('muted'),
          },
          size: { condition: { test: 'datum.chosen == 1', value: 110 }, value: 22 },
          tooltip: [
            { field: 'alpha', title: 'alpha' },
            { field: 'loss', title: 'objective', format: '.4~g' },
          ],
        },
      },
    ],
  };
}
