import type { Query } from '../query.js';
import { sqlText, textOf, textOrNull, toRows } from '../query.js';
import type { SweepFacts } from './sweep-facts.js';
import { factsSql } from './sweep-facts.js';
import { readVerdict, verdictSql, type Verdict } from './verdict.js';

/** Two sweeps of a database side by side. */
export interface ComparedSweeps {
  readonly a: SweepFacts;
  readonly b: SweepFacts;
  /**
   * The best setting of A against the best of B; null where they can't be paired sample by sample.
   */
  readonly verdict: Verdict | null;
  /** How the sweeps' models and evaluations relate. */
  readonly models: Overlap;
  readonly evaluations: Overlap;
  /** Paths of settings of which the two sweeps share no value, e.g. `quantization.weight.bits`. */
  readonly apart: readonly string[];
  readonly links: SweepsLinks;
}

/** Whether two sweeps have all of something in common, some of it, or nothing. */
export type Overlap = 'same' | 'some' | 'none';

/** Addresses from the page of two sweeps; null where the report has no such page. */
export interface SweepsLinks {
  readonly index: string | null;
  readonly sweep: (sweep: string) => string | null;
  readonly trial: (sweep: string, trial: number) => string | null;
}

/**
 * What the models and evaluations of two sweeps are, from tables: no view tells a model's bytes and
 * the evaluation apart.
 */
export function judgedBySql(a: string, b: string): string {
  return `SELECT DISTINCT s.name AS sweep, m.name AS model, m.sha256, t.fp32_key AS evaluation
FROM sweep s JOIN sweep_trial st ON st.sweep_id = s.id JOIN trial t ON t.id = st.trial_id LEFT JOIN model m ON m.id = t.model_id
WHERE s.name IN (${sqlText(a)}, ${sqlText(b)}) AND t.status = 'done' ORDER BY 1, 2, 3, 4`;
}

/** Reads what a comparison of two sweeps needs to know. */
export function readComparedSweeps(query: Query, a: SweepFacts, b: SweepFacts, links: SweepsLinks): ComparedSweeps {
  const rows = toRows(query(judgedBySql(a.sweep.name, b.sweep.name), []));
  const of = (facts: SweepFacts, column: string): Set<string> =>
    new Set(
      rows
        .filter((row) => textOf(row, 'sweep') === facts.sweep.name)
        .map((row) => textOrNull(row, column))
        .filter((value) => value !== null),
    );
  return {
    a,
    b,
    verdict: a.best === null || b.best === null ? null : readVerdict(query, a.best.trial, b.best.trial),
    models: overlap(of(a, 'sha256'), of(b, 'sha256')),
    evaluations: overlap(of(a, 'evaluation'), of(b, 'evaluation')),
    apart: settingsApart(a, b),
    links,
  };
}

/** The queries that {@link readComparedSweeps} rests on, by what they tell. */
export function sweepsSources({ a, b }: ComparedSweeps): (readonly [string, string])[] {
  const both = [
    ['A', a.sweep.name],
    ['B', b.sweep.name],
  ] as const;
  return [
    ...(a.best === null || b.best === null ? [] : [['paired test', verdictSql(a.best.trial, b.best.trial)] as const]),
    ['models and evaluations', judgedBySql(a.sweep.name, b.sweep.name)],
    ...both.flatMap(([side, name]) => [
      [`sweep ${side}`, factsSql.sweep(name)] as const,
      [`trials of ${side}`, factsSql.trials(name)] as const,
      [`comparisons of ${side}`, factsSql.comparisons(name)] as const,
      [`layers of ${side}`, factsSql.layers(name)] as const,
    ]),
  ];
}

function overlap(one: ReadonlySet<string>, other: ReadonlySet<string>): Overlap {
  const shared = [...one].filter((value) => other.has(value)).length;
  if (shared === one.size && shared === other.size) return 'same';
  return shared > 0 ? 'some' : 'none';
}

/**
 * Settings by which the sweeps differ throughout: no value of the candidates of one is a value of
 * the other's. Axes that both go through, over different values even, are not among them: by those,
 * trials are matched. Null (cannot matter to the trial) counts only where a sweep has nothing else.
 */
export function settingsApart(a: SweepFacts, b: SweepFacts): string[] {
  const [one, other] = [valuesByPath(a), valuesByPath(b)];
  const paths = [...new Set([...one.keys(), ...other.keys()])];
  return paths
    .filter((path) => {
      const [first, second] = [wordsOf(one, path), wordsOf(other, path)];
      return ![...first].some((value) => second.has(value));
    })
    .sort();
}

const absent = 'null';

function wordsOf(values: ReadonlyMap<string, ReadonlySet<string>>, path: string): ReadonlySet<string> {
  const own = new Set([...(values.get(path) ?? [])].filter((value) => value !== absent));
  return own.size === 0 ? new Set([absent]) : own;
}

function valuesByPath({ trials }: SweepFacts): ReadonlyMap<string, ReadonlySet<string>> {
  const values = new Map<string, Set<string>>();
  for (const { settings } of trials.filter(({ role }) => role === 'candidate')) addLeaves(settings, '', values);
  return values;
}

function addLeaves(value: unknown, path: string, values: Map<string, Set<string>>): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value)) addLeaves(inner, path === '' ? name : `${path}.${name}`, values);
    return;
  }
  const known = values.get(path) ?? new Set();
  known.add(JSON.stringify(value));
  values.set(path, known);
}
