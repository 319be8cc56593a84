import { smoothingModes } from '../../../smooth/modes/registry.js';
import type { TopLevelSpec } from 'vega-lite';
import { drawnLimits } from '../../charts/drawn-limits.js';
import type { Drawn, Part } from '../drawn-parts.js';
import { chooseParts, drawnText, leftOutText, mostLayers, onlyTrials } from '../drawn-parts.js';
import type { Figure } from '../figure.js';
import type { Row } from '../../query.js';
import { numberOf, sqlText, textOf } from '../../query.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { lineNames } from '../../charts/line-names.js';
import { color, lossRange } from '../../charts/theme.js';
import { alphaColumnAxis, labelledAlphas } from '../../charts/alpha-columns.js';
import { layerNames, layersHeight, layerTooltip } from '../../charts/layer-axis.js';
import {
  chartHeading,
  chosenOpacity,
  detail,
  fixedRoom,
  hoveredSize,
  layerDepth,
  linkedCharts,
  linkedHint,
  linkedLayerAxis,
  overview,
} from '../../charts/linked-charts.js';

/** Losses beyond this many times the layer's best share one colour. */
const largestRatio = 3;

/**
 * The search behind dynamic alpha: each candidate's loss relative to the layer's best, with the
 * choice marked.
 */
export const searchCurve: Figure = {
  id: 'search-curve',
  section: 'layers',
  name: 'search curves',
  title: () => 'The search behind it: loss of each candidate alpha, relative to the layer’s best',
  sql: (facts) =>
    `SELECT trial, label, calibration_batches, position, layer, alpha, loss, chosen
FROM (SELECT *, max(descent_sweep) OVER (PARTITION BY trial) AS last_sweep FROM v_search_curve WHERE sweep = ${sqlText(facts.sweep.name)}${onlyTrials(drawnSearches(facts).trials)})
WHERE descent_sweep = last_sweep ORDER BY trial, position, alpha`,
  build: (rows, facts) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'No search curves are stored: smoothing.mode: dynamic in the grid adds them.',
        brief: 'smoothing.mode: dynamic',
      };
    }
    const trials = new Map(rows.map((row) => [numberOf(row, 'trial'), textOf(row, 'label')]));
    return {
      kind: 'charts',
      controls: [],
      caption: `The search’s loss of each candidate, divided by the smallest of its layer. Dots: the chosen alpha. A row of one colour, a flat line: alpha hardly matters to the layer.${drawnText(drawnSearches(facts), 'searches')}`,
      details: `Of a descent: losses of its last sweep. Ratios from ${largestRatio} up share one colour. Line colours run from the first layer (green) to the last (violet). ${linkedHint}${leftOutText(drawnSearches(facts), 'searches', facts)}`,
      panels: [...trials].map(([trial, label]) => {
        const alt = `Heatmap and lines of search losses of ${label}: layers in graph order by candidate alpha.`;
        return {
          title: label,
          alt,
          spec: chart(
            rows.filter((row) => row['trial'] === trial),
            trial,
            alt,
          ),
        };
      }),
    };
  },
};

/** Candidates that most searches have: 0.05 to 0.95. */
const usualCandidates = 19;

function drawnSearches(facts: SweepFacts): Drawn<Part> {
  const searches = facts.trials
    .filter(({ alphaMode }) => smoothingModes[alphaMode].alphas === 'searchedPerLayer')
    .map(({ trial }) => ({ trials: new Set([trial]) }));
  const inCells = Math.floor(drawnLimits.heatCells / (usualCandidates * Math.max(1, mostLayers(facts))));
  return chooseParts(searches, facts, { most: Math.max(2, Math.min(drawnLimits.searches, inCells)) });
}

function chart(rows: readonly Row[], trial: number, description: string): TopLevelSpec {
  const alphas = [...new Set(rows.map((row) => numberOf(row, 'alpha')))].sort((a, b) => a - b);
  const x = {
    field: 'alpha',
    type: 'ordinal' as const,
    title: 'candidate alpha',
    axis: { ...alphaColumnAxis, values: labelledAlphas(alphas).map(Number) },
    scale: { domain: alphas },
  };
  const cells = { ...x, title: null, scale: { ...x.scale, paddingInner: 0.04 } };
  const ratio = {
    field: 'ratio',
    type: 'quantitative' as const,
    title: null,
    scale: { type: 'log' as const, domain: [1, largestRatio], clamp: true, nice: false },
  };
  const depth = layerDepth(rows);
  const labels = { values: [1, 1.5, 2, 3], labelExpr: "datum.label + ' ×'" };
  const tooltip = [
    layerTooltip,
    { field: 'alpha', title: 'alpha' },
    { field: 'loss', title: 'loss', format: '.4~g' },
    { field: 'ratio', title: 'relative to the best', format: '.3f' },
  ];
  const heading = chartHeading('loss relative to the layer’s best, lower is better');
  return linkedCharts({
    description,
    names: layerNames(rows),
    params: [],
    transform: [
      { filter: { field: 'trial', equal: trial } },
      { joinaggregate: [{ op: 'min', field: 'loss', as: 'least' }], groupby: ['position'] },
      { calculate: 'datum.least > 0 ? datum.loss / datum.least : null', as: 'ratio' },
    ],
    overview: {
      width: 400,
      height: layersHeight(rows),
      title: heading,
      layer: [
        {
          name: overview,
          mark: { type: 'rect', cursor: 'pointer' },
          encoding: {
            x: cells,
            y: linkedLayerAxis,
            color: {
              ...ratio,
              scale: { ...ratio.scale, range: lossRange },
              legend: { gradientLength: 200, ...labels },
            },
            opacity: chosenOpacity(1, 0.3),
            tooltip,
          },
        },
        {
          transform: [{ filter: 'datum.chosen == 1' }],
          mark: {
            type: 'point',
            filled: true,
            size: 36,
            color: color('smoothed'),
            stroke: color('ground'),
            strokeWidth: 1,
            opacity: 1,
          },
          encoding: { x: cells, y: linkedLayerAxis },
        },
      ],
    },
    detail: {
      width: 400,
      height: 180,
      title: heading,
      encoding: { x, y: { ...ratio, axis: { ...fixedRoom, ...labels } } },
      layer: [
        {
          mark: { type: 'line' },
          encoding: {
            color: depth,
            detail: { field: 'position' },
            opacity: chosenOpacity(0.7, 0.05),
            strokeWidth: hoveredSize(4, 1.5),
          },
        },
        {
          name: detail,
          mark: { type: 'point', filled: true, cursor: 'pointer' },
          encoding: {
            color: depth,
            size: { condition: { test: 'datum.chosen == 1', value: 80 }, value: 12 },
            opacity: chosenOpacity(1, 0.05),
            tooltip,
          },
        },
        ...lineNames({
          rows,
          at: `datum.alpha == ${alphas[0] ?? -1}`,
          align: 'left',
          selectedBy: ['hovered', 'layers'],
        }),
      ],
    },
  });
}
