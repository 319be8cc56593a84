import { isFullFactorial } from '../../statistics/axis-design.js';
import {
  summarizeAxes,
  summarizeInteractions,
  type AxisSummary,
  type InteractionSummary,
} from '../../statistics/axis-effects.js';
import { varianceShares } from '../../statistics/variance-shares.js';
import type { Bindable } from '../bindable.js';
import type { Connection } from '../file/connection.js';
import { readAxisGroups, type AxisGroup } from './axis-groups.js';

/** What is known of the axes of one group of trials. */
export interface AxisSummaries {
  readonly group: AxisGroup;
  readonly method: 'exact' | 'fitted';
  readonly axes: readonly AxisSummary[];
  readonly interactions: readonly InteractionSummary[];
}

interface Kept {
  readonly sweep: Bindable;
  /** Of the file: another one where another connection has written it since. */
  readonly version: unknown;
  readonly summaries: readonly AxisSummaries[];
}

/** A page asks several times for the same sweep, which of thousands of trials takes a second. */
const kept = new WeakMap<Connection, Kept>();

/**
 * The summaries of a sweep's groups, the largest first; of the last sweep asked for they are kept
 * until the file changes.
 *
 * @throws StoreError `not-a-database` where stored outcomes are damaged
 */
export function axisSummaries(connection: Connection, sweep: Bindable): readonly AxisSummaries[] {
  const version = (connection.get('PRAGMA data_version') as { readonly data_version: number }).data_version;
  const last = kept.get(connection);
  if (last !== undefined && last.sweep === sweep && last.version === version) return last.summaries;
  const summaries = readAxisGroups(connection, sweep).map((group): AxisSummaries => {
    const { design, outcomes } = group;
    const shares = varianceShares(design);
    return {
      group,
      method: isFullFactorial(design) ? 'exact' : 'fitted',
      axes: summarizeAxes(design, outcomes, shares),
      interactions: summarizeInteractions(design, outcomes, shares),
    };
  });
  kept.set(connection, { sweep, version, summaries });
  return summaries;
}
