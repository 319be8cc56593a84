import type { Query } from '../query.js';
import { sqlText } from '../query.js';
import { readPairedEffect, type EffectFacts } from './effect-facts.js';

/** Every pair of simulated and integer execution of equal settings: what changes by the kernels. */
export function executionSql(sweep: string): string {
  return `WITH pair AS MATERIALIZED (SELECT simulated_trial, trial, difference FROM v_execution WHERE sweep = ${sqlText(sweep)} AND role = 'candidate' AND difference IS NOT NULL),
g AS (SELECT json_group_array(difference) AS differences, json_group_array(simulated_trial) AS trials, json_group_array(trial) AS others FROM pair)
SELECT 0 AS batches, 0 AS other_batches, g.differences, e.metric, e.pairs, e.samples, e.effect, e.ci_low, e.ci_high, e.method FROM g LEFT JOIN paired_effect(g.trials, g.others) e`;
}

/** Null where no setting was executed both ways. */
export function readExecutionEffect(query: Query, sweep: string): EffectFacts | null {
  return readPairedEffect(query, executionSql(sweep));
}
