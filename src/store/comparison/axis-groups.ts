import { notApplicable, type AxisDesign } from '../../statistics/axis-design.js';
import { bitWords } from '../../statistics/bit-counts.js';
import type { GroupOutcomes } from '../../statistics/contrast.js';
import type { Bindable } from '../bindable.js';
import type { Connection } from '../file/connection.js';
import { outcomeReplicates } from '../payload/outcome-replicates.js';
import { StoreError } from '../store-error.js';
import { axisLevel } from './axis-level.js';

/** An axis with its levels in order. */
export interface NamedAxis {
  /** Dotted path in the experiment file. */
  readonly path: string;
  readonly levels: readonly string[];
}

/** Finished candidates of a sweep that are judged alike: by one metric, on one evaluation. */
export interface AxisGroup {
  /** Key of their FP32 trial, equal for one model, evaluation, preprocessing and task. */
  readonly evaluation: string;
  readonly metric: string;
  /** Those with two levels or more. */
  readonly axes: readonly NamedAxis[];
  readonly design: AxisDesign;
  /** Null unless every trial has them, over the same samples. */
  readonly outcomes: GroupOutcomes | null;
}

interface Candidate {
  readonly id: number;
  readonly evaluation: string;
  readonly metric: string;
  readonly value: number;
  readonly axes: string;
  readonly settings: string;
  readonly kind: 'bitset' | 'bootstrap' | null;
  readonly count: number | null;
  readonly data: Uint8Array | null;
}

const candidates = `SELECT t.id, t.fp32_key AS evaluation, t.primary_metric AS metric, a.value, st.axes, t.settings, o.kind, o.count, o.data
  FROM sweep sw
  JOIN sweep_trial st ON st.sweep_id = sw.id
  JOIN trial t ON t.id = st.trial_id
  JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric AND a.slice = ''
  LEFT JOIN sample_outcome o ON o.trial_id = t.id AND o.metric = t.primary_metric AND o.kind <> 'values'
  WHERE sw.name = ? AND t.status = 'done' AND t.role = 'candidate' ORDER BY st.position`;

/**
 * The groups of a sweep's finished candidates, the largest first, without those in which no axis
 * varies.
 *
 * @throws StoreError `not-a-database` where stored outcomes are damaged
 */
export function readAxisGroups(connection: Connection, sweep: Bindable): readonly AxisGroup[] {
  const groups = new Map<string, Candidate[]>();
  for (const trial of connection.all(candidates, sweep) as readonly Candidate[]) {
    const key = JSON.stringify([trial.evaluation, trial.metric]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [trial]);
    else group.push(trial);
  }
  return [...groups.values()]
    .sort((a, b) => b.length - a.length)
    .map(toGroup)
    .filter(({ axes }) => axes.length > 0);
}

function toGroup(trials: readonly Candidate[]): AxisGroup {
  const [{ evaluation, metric }] = trials as readonly [Candidate, ...Candidate[]];
  const sources = trials.map(({ axes, settings }) => ({
    axes: JSON.parse(axes) as Readonly<Record<string, unknown>>,
    settings: JSON.parse(settings) as unknown,
  }));
  const paths = [...new Set(sources.flatMap(({ axes }) => Object.keys(axes)))];
  const columns = paths
    .map((path) => ({ path, own: sources.map((source) => axisLevel(source, path)) }))
    .map(({ path, own }) => ({ path, own, levels: inOrder(own) }))
    .filter(({ levels }) => levels.length > 1);
  return {
    evaluation,
    metric,
    axes: columns.map(({ path, levels }) => ({ path, levels })),
    design: {
      sizes: columns.map(({ levels }) => levels.length),
      levels: columns.map(({ own, levels }) => {
        const places = new Map(levels.map((level, place) => [level, place]));
        return Int32Array.from(own, (level) => (level === null ? notApplicable : places.get(level)!));
      }),
      values: Float64Array.from(trials, ({ value }) => value),
    },
    outcomes: outcomesOf(trials),
  };
}

/** Numbers ascending, then texts as they come. */
function inOrder(levels: readonly (string | null)[]): string[] {
  const all = [...new Set(levels)].filter((level) => level !== null);
  const isNumber = (level: string): boolean => level.trim() !== '' && Number.isFinite(Number(level));
  const numbers = all.filter(isNumber).sort((a, b) => Number(a) - Number(b));
  return [...numbers, ...all.filter((level) => !isNumber(level))];
}

function outcomesOf(trials: readonly Candidate[]): GroupOutcomes | null {
  const [{ kind, count }] = trials as readonly [Candidate, ...Candidate[]];
  if (kind === null || count === null || count === 0) return null;
  if (trials.some((trial) => trial.kind !== kind || trial.count !== count)) return null;
  const bytes = kind === 'bitset' ? Math.ceil(count / 8) : count * 8;
  const damaged = trials.find(({ data }) => data?.length !== bytes);
  if (damaged !== undefined) {
    throw new StoreError(
      'not-a-database',
      `Expected ${bytes} bytes of stored outcomes for trial ${damaged.id}, got ${damaged.data?.length ?? 0}: they are damaged.`,
    );
  }
  return kind === 'bitset'
    ? { kind, count, data: trials.map(({ data }) => bitWords(data!)) }
    : { kind, count, data: trials.map(({ data }) => outcomeReplicates(data!)) };
}
