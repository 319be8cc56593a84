import { drawnLimits } from '../../charts/drawn-limits.js';
import { conditionSql, latencySource, type LatencyCondition } from '../../facts/latency-conditions.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { sqlText } from '../../query.js';

/**
 * A row for each finished setting and condition of latency, and one for FP32 of each model: value,
 * latency, size, and whether nothing of its target beats it.
 */
export function deploymentPointsSql({ sweep, trials, measured }: SweepFacts): string {
  const name = sqlText(sweep.name);
  const conditions = measured.deployment?.conditions ?? [];
  const stride =
    trials.length <= drawnLimits.scatterPoints ? 1 : Math.ceil((2 * trials.length) / drawnLimits.scatterPoints);
  const kept =
    stride === 1
      ? ''
      : `\nWHERE on_latency_front OR on_size_front OR ratio IS NOT NULL OR role <> 'candidate' OR trial % ${stride} = 0`;
  return `WITH point AS (
  SELECT d.trial, d.label, d.role, d.target, t.model, max(d.evidence IS 'run' OR d.target = 'layers-only') OVER (PARTITION BY d.target, t.model) AS was_run,
         CASE WHEN d.deployed IS NULL THEN 'simulated' ELSE 'deployed' END AS accuracy_of, coalesce(d.deployed, d.simulated) AS value,
         t.ci_low + coalesce(d.gap, 0) AS ci_low, t.ci_high + coalesce(d.gap, 0) AS ci_high, t.alpha_mode = 'none' AS unsmoothed,
         ${placeSql(conditions)} AS condition, l.ratio, l.ratio_low, l.ratio_high, l.verdict, d.export_bytes / 1e6 AS megabytes
  FROM v_deployment d
  JOIN v_trial t ON t.sweep = d.sweep AND t.trial = d.trial
  LEFT JOIN ${latencySource(sweep.name)} l ON l.trial = d.trial
  WHERE d.sweep = ${name} AND d.role IN ('candidate', 'unsmoothed') AND d.simulated IS NOT NULL),
ranked AS (
  SELECT *, ratio IS NOT NULL AND value = max(value) OVER latency_equal AND value > coalesce(max(value) OVER latency_less, -1e300) AS on_latency_front,
         megabytes IS NOT NULL AND value = max(value) OVER size_equal AND value > coalesce(max(value) OVER size_less, -1e300) AS on_size_front
  FROM point
  WINDOW latency_less AS (PARTITION BY target, model, condition, ratio IS NULL ORDER BY ratio GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
         latency_equal AS (PARTITION BY target, model, condition, ratio),
         size_less AS (PARTITION BY target, model, condition, megabytes IS NULL ORDER BY megabytes GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
         size_equal AS (PARTITION BY target, model, condition, megabytes))
SELECT trial, label, role, target || CASE WHEN was_run THEN '' ELSE ' (not run here)' END AS target, was_run, accuracy_of, value, ci_low, ci_high, unsmoothed,
       condition, ratio, ratio_low, ratio_high, verdict, megabytes, on_latency_front, on_size_front
FROM ranked${kept}
UNION ALL
SELECT t.trial, t.label, t.role, NULL, NULL, NULL, t.value, t.ci_low, t.ci_high, 0, NULL, 1, 1, 1, NULL, m.size_bytes / 1e6, 0, 0
FROM v_trial t JOIN trial own ON own.id = t.trial LEFT JOIN model m ON m.id = own.model_id
WHERE t.sweep = ${name} AND t.role = 'fp32' AND t.value IS NOT NULL`;
}

/** Which of the conditions a latency is of, by its place among them. */
function placeSql(conditions: readonly LatencyCondition[]): string {
  if (conditions.length === 0) return 'NULL';
  return `CASE ${conditions.map((condition, at) => `WHEN ${conditionSql(condition)} THEN ${at}`).join(' ')} END`;
}
