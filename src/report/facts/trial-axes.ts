import { axisName, axisPath, axisValue, storedPath } from './axes.js';
import type { SweepFacts } from './sweep-facts.js';

/** An axis of which the sweep has several values, as a column of its trials. */
export interface TrialAxis {
  readonly path: string;
  readonly name: string;
  /**
   * SQL over v_trial as `t`: the axis' value of a trial, of its settings where a block of the grid
   * leaves the axis out; NULL where it cannot matter.
   */
  readonly sql: string;
  /** True where values are true and false, which SQLite has as 1 and 0. */
  readonly isBoolean: boolean;
  /** True where values are words rather than numbers. */
  readonly isWord: boolean;
}

/** The axes in which trials differ, in the order of the trial that has most of them. */
export function trialAxes({ allTrials }: Pick<SweepFacts, 'allTrials'>): TrialAxis[] {
  const named = allTrials.map(({ axes }) => Object.keys(axes)).sort((a, b) => b.length - a.length);
  const paths = [...new Set(named.flat())];
  return paths
    .filter((path) => new Set(allTrials.map((trial) => axisValue(trial, path))).size > 1)
    .map((path) => ({
      path,
      name: axisName(path),
      sql: axisSql(path),
      isBoolean: allTrials.some(({ axes }) => typeof axes[path] === 'boolean'),
      isWord: allTrials.some(({ axes }) => typeof axes[path] === 'string'),
    }));
}

function axisSql(path: string): string {
  if (path === axisPath.model) return 't.model';
  const own = `t.axes ->> '${jsonPath([path])}'`;
  const stored = `t.settings ->> '${jsonPath(storedPath(path))}'`;
  // No seed is a choice: samples as they lie.
  const unset =
    path === axisPath.sampleSeed ? `, CASE WHEN t.settings ->> '$.calibration' IS NOT NULL THEN 'none' END` : '';
  return `coalesce(${own}, ${stored}${unset})`;
}

/** A path into JSON, in a SQL literal. */
function jsonPath(parts: readonly string[]): string {
  return `$${parts.map((part) => `."${part}"`).join('')}`.replaceAll("'", "''");
}
