/** What a report sets side by side, beside what it does anyway. */
export interface Comparisons {
  /**
   * Two trials or more each time, as the user names them: number, key, label or `best`. The first
   * is of a sweep of the report.
   */
  readonly trials: readonly (readonly string[])[];
  /** Names of sweeps, which become sweeps of the report. */
  readonly sweeps: readonly (readonly [string, string])[];
}

/** Nothing but what a report compares by itself. */
export const noComparisons: Comparisons = { trials: [], sweeps: [] };
