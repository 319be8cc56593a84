import type { Query } from '../query.js';
import { numberOf, sqlText, textOf, toRows } from '../query.js';

/** One setting calibrated on several choices of samples. */
export interface SeededSetting {
  /** Label of its first trial. */
  readonly label: string;
  readonly trials: readonly number[];
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  /** Standard deviation over the seeds, n - 1 in the denominator. */
  readonly deviation: number;
  /** Mean half width of the 95 % intervals of its trials. */
  readonly halfInterval: number;
}

/** How far the choice of calibration samples moves the result. */
export interface SeedFacts {
  readonly settings: readonly SeededSetting[];
  /** Seeds of the setting that has most. */
  readonly seeds: number;
  /** Root of the mean variance over the settings, weighted by seeds - 1. */
  readonly deviation: number;
  readonly halfInterval: number;
}

/** Trials that are equal but for the seed of their calibration samples, one row a setting. */
export function seedSql(sweep: string): string {
  return `SELECT min(t.label) AS label, count(*) AS seeds, min(t.value) AS low, max(t.value) AS high, avg(t.value) AS mean,
       sqrt(max(0, avg(t.value * t.value) - avg(t.value) * avg(t.value)) * count(*) / (count(*) - 1)) AS deviation,
       avg(t.ci_high - t.ci_low) / 2 AS half_interval, json_group_array(t.trial) AS trials
FROM v_alike k JOIN v_trial t ON t.sweep = k.sweep AND t.trial = k.trial
WHERE k.sweep = ${sqlText(sweep)} AND t.role = 'candidate' AND t.value IS NOT NULL AND t.calibration_seed IS NOT NULL
GROUP BY k.but_seed HAVING count(*) > 1 ORDER BY min(t.position)`;
}

/** Null where no setting was calibrated with two seeds. */
export function readSeeds(query: Query, sweep: string): SeedFacts | null {
  const settings = toRows(query(seedSql(sweep), [])).map((row) => ({
    label: textOf(row, 'label'),
    trials: JSON.parse(textOf(row, 'trials')) as number[],
    low: numberOf(row, 'low'),
    high: numberOf(row, 'high'),
    mean: numberOf(row, 'mean'),
    deviation: numberOf(row, 'deviation'),
    halfInterval: Number(row['half_interval'] ?? 0),
  }));
  if (settings.length === 0) return null;
  const degrees = settings.reduce((sum, { trials }) => sum + trials.length - 1, 0);
  const squares = settings.reduce((sum, { trials, deviation }) => sum + (trials.length - 1) * deviation ** 2, 0);
  return {
    settings,
    seeds: Math.max(...settings.map(({ trials }) => trials.length)),
    deviation: Math.sqrt(squares / degrees),
    halfInterval: settings.reduce((sum, { halfInterval }) => sum + halfInterval / settings.length, 0),
  };
}
