import type { Compared } from '../addresses/site-map.js';
import type { SweepFacts } from './sweep-facts.js';

/** What the figures of the index know. */
export interface IndexPageFacts {
  /** Names of the sweeps of the report, in order. */
  readonly sweeps: readonly string[];
  /** True where these are all of the database, so that no query need name them. */
  readonly isWhole: boolean;
  /** Address of a sweep's page. */
  readonly href: (sweep: string) => string | null;
  readonly factsOf: (sweep: string) => SweepFacts | null;
  /** Comparisons of trials of a sweep that have pages. */
  readonly trialComparisons: (sweep: string) => readonly { readonly trials: Compared; readonly href: string }[];
  /** Comparisons of sweeps that have pages. */
  readonly sweepComparisons: readonly { readonly pair: readonly [string, string]; readonly href: string }[];
}
