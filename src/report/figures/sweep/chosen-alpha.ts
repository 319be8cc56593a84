import { modesWithAlphas, smoothingModes } from '../../../smooth/modes/registry.js';
import type { TopLevelSpec } from 'vega-lite';
import { drawnLimits } from '../../charts/drawn-limits.js';
import type { Drawn } from '../drawn-parts.js';
import { bestValue, chooseParts, drawnText, leftOutText, mostLayers, onlyTrials } from '../drawn-parts.js';
import type { Figure } from '../figure.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, sqlText, textOf } from '../../query.js';
import type { SweepFacts, TrialFacts } from '../../facts/sweep-facts.js';
import { color, sizeColors } from '../../charts/theme.js';
import type { Variant } from '../../facts/variants.js';
import { layerLink, legendFilter, legendHint, linkCursor, shownOpacity } from '../../charts/interaction.js';
import { alphaDomain } from '../../charts/alpha-domain.js';
import { layerAxis, layerNames, layersHeight, layerTooltip } from '../../charts/layer-axis.js';

/** The alpha that dynamic trials chose for each layer, by calibration size. */
export const chosenAlpha: Figure = {
  id: 'chosen-alpha',
  section: 'layers',
  name: 'chosen alpha',
  title: () => 'The alpha that dynamic smoothing chose for each layer',
  sql: (facts) =>
    `SELECT a.trial, a.label, a.calibration_batches, a.position, a.layer, a.layer_alpha, t.search_order, t.search_objective
FROM v_amax a JOIN v_trial t ON t.sweep = a.sweep AND t.trial = a.trial
WHERE a.sweep = ${sqlText(facts.sweep.name)} AND a.alpha_mode IN (${modesWithAlphas('searchedPerLayer').map(sqlText).join(', ')}) AND a.role = 'input'${onlyTrials(drawnVariants(facts).trials, 'a.trial')} ORDER BY a.trial, a.position`,
  build: (rows, facts) => {
    if (rows.length === 0) {
      return {
        kind: 'absent',
        note: 'No dynamic trial has finished: smoothing.mode: dynamic in the grid gives one alpha per layer.',
        brief: 'smoothing.mode: dynamic',
      };
    }
    const several = bySearch(rows).size > 1;
    const variants = drawnVariants(facts);
    return {
      kind: 'charts',
      controls: [],
      caption: `${several ? 'One panel per search.' : caption(rows, facts)}${drawnText(variants)}`,
      details: `alpha 0: the range stays in the input; alpha 1: it moves into the weight. ${legendHint}${leftOutText(variants, 'combinations of other settings with dynamic alpha', facts)}`,
      panels: variants.parts.flatMap((variant) => {
        const shown = rows.filter((row) => variant.trials.has(numberOf(row, 'trial')));
        return [...bySearch(shown)].map(([search, own]) => {
          const title = [variant.label, several ? search : ''].filter((part) => part !== '').join(', ');
          const alt = `Dot plot of the alpha chosen for each layer${title === '' ? '' : `, ${title}`}. ${caption(own, facts)}`;
          return { title, alt, spec: chart(own, facts, alt) };
        });
      }),
    };
  },
};

function drawnVariants(facts: SweepFacts): Drawn<Variant> {
  const layers = mostLayers(facts);
  const isDynamic = ({ alphaMode }: TrialFacts): boolean => smoothingModes[alphaMode].alphas === 'searchedPerLayer';
  const dynamic = new Set(facts.trials.filter(isDynamic).map((t) => t.trial));
  return chooseParts(facts.variants, facts, {
    most: drawnLimits.variants,
    sizeOf: ({ trials }) => [...trials].filter((trial) => dynamic.has(trial)).length * layers,
    budget: drawnLimits.layerDots,
    scoreOf: (trials) => bestValue(trials.filter(isDynamic)),
  });
}

/**
 * Rows by how their alphas were searched, e.g. `sequential by mse`: alphas of several searches
 * don't share a panel.
 */
function bySearch(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const search = `${textOf(row, 'search_order')} by ${textOf(row, 'search_objective')}`;
    groups.set(search, [...(groups.get(search) ?? []), row]);
  }
  return groups;
}

function caption(rows: readonly Row[], { sizes }: SweepFacts): string {
  const small = sizes[0];
  const large = sizes.at(-1);
  const alphas = rows.map((row) => numberOrNull(row, 'layer_alpha')).filter((alpha) => alpha !== null);
  const extent = `Chosen alphas run from ${Math.min(...alphas)} to ${Math.max(...alphas)}.`;
  if (small === undefined || large === undefined || small === large) return extent;
  const byPlace = (size: number): Map<unknown, unknown> =>
    new Map(
      rows.filter((row) => row['calibration_batches'] === size).map((row) => [row['position'], row['layer_alpha']]),
    );
  const first = byPlace(small);
  const second = byPlace(large);
  const both = [...first.keys()].filter((position) => second.has(position));
  const moved = both.filter((position) => first.get(position) !== second.get(position)).length;
  return `${extent} ${moved} of ${both.length} layers get another alpha with ${large} batches than with ${small}.`;
}

function chart(rows: readonly Row[], { sizes }: SweepFacts, description: string): TopLevelSpec {
  const names = sizes.map((size) => `${size} batches`);
  return {
    description,
    data: { name: 'rows' },
    width: 'container',
    height: layersHeight(rows),
    autosize: { type: 'fit-x', contains: 'padding', resize: true },
    params: [{ name: 'layerNames', value: { ...layerNames(rows) } }],
    transform: [
      { filter: { field: 'trial', oneOf: [...new Set(rows.map((row) => numberOf(row, 'trial')))] } },
      { calculate: "datum.calibration_batches + ' batches'", as: 'size' },
      // The smallest size is drawn largest and first, so that it shows around an equal choice of
      // another.
      { calculate: `max(40, 150 - 100 * indexof(${JSON.stringify(names)}, datum.size))`, as: 'area' },
    ],
    layer: [
      {
        transform: [
          {
            aggregate: [
              { op: 'min', field: 'layer_alpha', as: 'low' },
              { op: 'max', field: 'layer_alpha', as: 'high' },
            ],
            groupby: ['position'],
          },
        ],
        mark: { type: 'rule', color: color('muted'), strokeWidth: 1.5 },
        encoding: { y: layerAxis, x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
      },
      {
        params: [legendFilter('size')],
        mark: { type: 'point', filled: true, ...linkCursor },
        encoding: {
          ...layerLink,
          opacity: shownOpacity(1),
          size: { field: 'area', type: 'quantitative', scale: null },
          y: layerAxis,
          x: {
            field: 'layer_alpha',
            type: 'quantitative',
            title: 'chosen alpha, 0: the range stays in the input, 1: it moves into the weight',
            scale: { domain: alphaDomain(rows.map((row) => numberOrNull(row, 'layer_alpha'))), nice: false },
            axis: { tickCount: 6 },
          },
          color: {
            field: 'size',
            type: 'nominal',
            title: 'calibrated on',
            scale: { domain: names, range: sizeColors(sizes.length) },
          },
          shape: { field: 'size', type: 'nominal', title: 'calibrated on', scale: { domain: names } },
          tooltip: [
            layerTooltip,
            { field: 'size', title: 'calibrated on' },
            { field: 'layer_alpha', title: 'chosen alpha' },
          ],
        },
      },
    ],
  };
}
