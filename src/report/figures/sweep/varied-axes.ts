import { axisName, axisPath, storedPath } from '../../facts/axes.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { sqlText } from '../../query.js';

/** An axis as a column of a query on v_trial. */
export interface AxisColumn {
  readonly path: string;
  /** Name of the column, `weight bits`. */
  readonly name: string;
  /** What the trial has, as text; NULL where the axis cannot matter to it. */
  readonly sql: string;
}

/** The axes between which the finished candidates vary, in the order of the experiment file. */
export function variedAxes({ trials }: SweepFacts): AxisColumn[] {
  const candidates = trials.filter(({ role, status }) => role === 'candidate' && status === 'done');
  const paths = [...new Set(candidates.flatMap(({ axes }) => Object.keys(axes)))];
  const columns = paths.map((path, place): AxisColumn => {
    const name = axisName(path);
    const isSetting = candidates.some(({ settings }) => isPlain(lookUp(settings, storedPath(path))));
    return { path, name: isPlainName(name) ? name : `axis ${place + 1}`, sql: columnSql(path, isSetting) };
  });
  return columns.filter(({ path }) => {
    const values = candidates.map(({ axes, settings }) => {
      const stored = lookUp(settings, storedPath(path));
      return JSON.stringify((isPlain(stored) ? stored : axes[path]) ?? null);
    });
    return new Set(values.filter((value) => value !== 'null')).size > 1;
  });
}

function columnSql(path: string, isSetting: boolean): string {
  if (!isSetting) return `t.axes ->> ${sqlText(`$.${JSON.stringify(path)}`)}`;
  const stored = `t.settings ->> ${sqlText(`$.${storedPath(path).join('.')}`)}`;
  if (path === axisPath.mode) return `iif(t.alpha_mode = 'auto', 'static', ${stored})`;
  if (path === axisPath.alpha) return `iif(t.alpha_mode = 'auto', 'auto', ${stored})`;
  if (path === axisPath.sampleSeed) return `coalesce(${stored}, 'none')`;
  return stored;
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** A name that is a field of a chart and a column of SQL as it stands. */
function isPlainName(name: string): boolean {
  return /^[A-Za-z][\w ]*$/.test(name);
}

function lookUp(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null ? (inner as Readonly<Record<string, unknown>>)[part] : undefined,
    value,
  );
}
