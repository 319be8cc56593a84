import { z } from 'zod';
import { smoothingModes } from '../../smooth/modes/registry.js';
import { fixIdle } from './fix-idle.js';
import type { Immutable } from '../../schema/settled.js';
import { fraction, integer, listOf, oneOf, rangesAllowed } from '../../schema/schema-leaves.js';
import type { Column, Finding, FixedWhereIdle, IdleRule } from './section.js';
import { isSearched } from './smoothing.js';
import type { SmoothingSettings } from './smoothing.js';

const ascending = 'ascending numbers from 0 to 1, none twice';
const defaultCandidates = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);

const schema = z
  .strictObject({
    candidates: listOf(
      fraction('a number from 0 to 1'),
      ascending,
      'Candidate alphas, ascending; a range {from, to, step} is allowed.',
    )
      .refine((values) => values.every((value, index) => index === 0 || value > values[index - 1]!), {
        error: ascending,
      })
      .register(rangesAllowed, { kind: 'range' })
      .default(defaultCandidates),
    samples: integer(1, 'Number of calibration samples, from the first.').default(256),
    objective: oneOf(
      ['l1', 'mse', 'channelMse', 'hessian'],
      "What a candidate is judged by: mean |error| or squared error of the layer's output, squared error relative to each channel's power, or, `hessian`, the squared error that second moments of the layer's input predict, without running the candidates.",
    ).default('l1'),
    order: oneOf(
      ['isolated', 'sequential', 'output'],
      '`isolated`: each layer alone; `sequential`: behind its quantized predecessors; `output`: descent on the divergence of the output.',
    ).default('isolated'),
    ties: oneOf(['smaller', 'larger'], 'Which of equally good candidates is taken.').default('smaller'),
    sweeps: integer(1, 'Largest number of passes over all layers, for order `output`.').default(1),
  })
  .meta({ title: 'Search', description: 'The search of smoothing mode `dynamic` and of alpha `auto`.' })
  .prefault({});

export type SearchSettings = Immutable<z.output<typeof schema>>;

/**
 * What a candidate alpha of a layer is measured by, where it is run; the `output` order always
 * takes the divergence of the output.
 */
export type SearchObjective = Exclude<SearchSettings['objective'], 'hessian'>;

/** Calibration samples whose second moments candidates are judged by; null: none. */
export function momentsOfSearch({ objective, samples }: SearchSettings): number | null {
  return objective === 'hessian' ? samples : null;
}

interface Written {
  readonly smoothing: SmoothingSettings;
  readonly search: SearchSettings;
}

/** What makes the whole section idle: null where alphas are searched. */
function withoutSearch({ smoothing }: Written): string | null {
  if (isSearched(smoothing)) return null;
  return smoothingModes[smoothing.mode].alphas === 'fixed'
    ? 'beside a fixed smoothing.alpha'
    : `beside smoothing.mode ${smoothing.mode}`;
}

/**
 * Null where each layer has its own: alpha `auto` is the descent's start, judged by the output,
 * without the descent.
 */
function ofAuto({ smoothing }: Written): string | null {
  const auto = 'beside smoothing.alpha auto, which always goes by the divergence of the output';
  return smoothingModes[smoothing.mode].alphas === 'searchedPerLayer' ? null : auto;
}

/** `search.sweeps` of a search that does not descend. */
export const NO_DESCENT = 0;

/** Predictions are of each layer by itself, whatever feeds it. */
function predicted({ search }: Written): string | null {
  return search.objective === 'hessian' && search.order === 'sequential'
    ? 'beside search.objective hessian, which is the same in order isolated'
    : null;
}

const fixedOrder: FixedWhereIdle<Written> = {
  path: 'order',
  fixedAt: 'output',
  idleBeside: (settings) => withoutSearch(settings) ?? ofAuto(settings),
};

const fixed: readonly FixedWhereIdle<Written>[] = [
  fixedOrder,
  {
    path: 'objective',
    fixedAt: 'l1',
    idleBeside: (settings) =>
      withoutSearch(settings) ??
      ofAuto(settings) ??
      (settings.search.order === 'output' ? 'beside search.order output, which goes by its divergence' : null),
  },
  {
    path: 'sweeps',
    fixedAt: NO_DESCENT,
    idleBeside: (settings) =>
      withoutSearch(settings) ??
      ofAuto(settings) ??
      (settings.search.order === 'output' ? null : `beside search.order ${settings.search.order}`),
  },
];

const idle: readonly IdleRule<Written>[] = [
  ...['candidates', 'samples', 'ties'].map((path) => ({ path, idleBeside: withoutSearch })),
  ...fixed,
  // In place of the rule by which its value is fixed, which this one includes.
  { path: 'order', idleBeside: (settings) => fixedOrder.idleBeside(settings) ?? predicted(settings) },
];

/** The descent measures outputs: there is nothing to predict. */
function checkObjective(settings: Written): Finding | null {
  const { objective, order } = settings.search;
  if (objective !== 'hessian' || order !== 'output' || withoutSearch(settings) !== null) return null;
  if (ofAuto(settings) !== null) return null;
  return {
    path: 'order',
    text: 'expected isolated beside search.objective hessian, which judges each layer by itself and runs nothing, got output, which goes by the divergence of the output: use one or the other',
  };
}

interface Trial {
  readonly search: SearchSettings | null;
}

const columns: readonly Column<Trial>[] = [
  { name: 'search_order', type: 'TEXT', value: ({ search }) => search?.order },
  {
    name: 'search_objective',
    type: 'TEXT',
    // Alphas of order `output` are judged by the divergence of the output.
    value: ({ search }) => (search?.order === 'output' ? 'divergence' : search?.objective),
  },
];

export const searchSection = { schema, idle, checks: [checkObjective], columns };

/**
 * Null where no alpha is searched.
 *
 * @param calibrationSamples the most that there are
 */
export function canonicalSearch(settings: Written, calibrationSamples: number): SearchSettings | null {
  if (!isSearched(settings.smoothing)) return null;
  const { samples } = settings.search;
  const search = predicted(settings) === null ? settings.search : { ...settings.search, order: 'isolated' as const };
  return { ...fixIdle(search, fixed, { ...settings, search }), samples: Math.min(samples, calibrationSamples) };
}
