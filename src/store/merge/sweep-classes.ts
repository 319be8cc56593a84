import { MixedClassesError } from './merge-conflict.js';
import { TableShapes, type Rows } from './table-shape.js';

/** Numerics classes of the finished work of each sweep, by its name. */
type SweepClasses = ReadonlyMap<string, ReadonlySet<string>>;

/** The attempt that finished a part says the class of the part. */
const classesSql = `
SELECT sw.name AS sweep, t.numerics_class AS class FROM sweep sw
JOIN sweep_trial st ON st.sweep_id = sw.id JOIN trial t ON t.id = st.trial_id WHERE t.status IN ('done', 'stopped')
UNION
SELECT sw.name, s.numerics_class FROM sweep sw
JOIN sweep_stage ss ON ss.sweep_id = sw.id JOIN stage s ON s.id = ss.stage_id WHERE s.status = 'done'
UNION
SELECT sw.name, a.numerics_class FROM sweep sw
JOIN sweep_stage ss ON ss.sweep_id = sw.id JOIN stage_part p ON p.stage_id = ss.stage_id
JOIN attempt a ON a.stage_id = p.stage_id AND a.part = p.part AND a.status = 'done'`;

/** Classes that are not known are left out: nothing can be said of them. */
export function sweepClasses(database: Rows): SweepClasses {
  const found = new Map<string, Set<string>>();
  if (!new TableShapes(database).of('trial').columns.includes('numerics_class')) return found;
  const rows = database.all(classesSql) as readonly { readonly sweep: string; readonly class: string | null }[];
  for (const row of rows) {
    const own = found.get(row.sweep) ?? new Set();
    found.set(row.sweep, own);
    // Parts of several classes made one stage.
    for (const name of row.class?.split('+') ?? []) own.add(name);
  }
  return found;
}

/**
 * Throws {@link MixedClassesError} where a sweep would have more classes than any of the databases
 * has of it.
 */
export function requireOneClass(target: string, databases: ReadonlyMap<string, SweepClasses>): void {
  const sweeps = new Set([...databases.values()].flatMap((classes) => [...classes.keys()]));
  for (const sweep of sweeps) {
    const own = new Map([...databases].map(([path, classes]) => [path, classes.get(sweep) ?? new Set<string>()]));
    const all = new Set([...own.values()].flatMap((classes) => [...classes]));
    if ([...own.values()].some((classes) => classes.size === all.size)) continue;
    const told = [...own]
      .filter(([, classes]) => classes.size > 0)
      .map(([path, classes]) => [path, [...classes].sort()] as const);
    throw new MixedClassesError(target, sweep, new Map(told));
  }
}
