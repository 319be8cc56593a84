import { metricTextOf } from '../../report/facts/judged-by.js';
import { readWarnings } from '../../report/facts/result-warnings.js';
import { pickSweep } from '../../api/pick-sweep.js';
import { pickTrial, readDatabase } from '../../api/read-database.js';
import { trialSpeedLines } from '../speed/speed-lines.js';
import { table } from './table.js';

/** The text of `quantsweep show`. */
export function describeTrial(database: string, wantedSweep: string | undefined, wanted: string): string {
  return readDatabase(database, (queries) => {
    const sweep = pickSweep(queries, wantedSweep);
    const trial = pickTrial(queries, sweep, wanted);
    const [label, role, status, key, provider, level, gate, divergence, error, numericsClass, metric, task] =
      queries.query(
        `SELECT label, role, status, key, provider, optimization_level, gate_error, output_divergence, error, numerics_class, metric, json_extract(settings, '$.task.kind') FROM v_trial WHERE sweep = :sweep AND trial = :trial`,
        { sweep, trial },
      ).rows[0]!;
    const lines = [
      `trial ${trial} of ${sweep}: ${String(label)}`,
      `${String(role)}, ${String(status)}, key ${String(key)}`,
    ];
    if (provider !== null) {
      const ofClass = typeof numericsClass === 'string' ? `, numerics class ${numericsClass}` : '';
      lines.push(`ran on ${String(provider)}, graph optimization level ${String(level)}${ofClass}`);
    }
    if (typeof gate === 'number') lines.push(`equivalence check: largest relative error ${gate.toExponential(2)}`);
    if (typeof divergence === 'number')
      lines.push(`divergence of the output from FP32's: ${divergence.toExponential(3)}`);
    if (typeof metric === 'string') {
      const { name, definition } = metricTextOf(typeof task === 'string' ? task : null, metric);
      if (definition !== null) lines.push(`${metric}: ${name}. ${definition}`);
    }
    if (error !== null) lines.push(`error: ${String(error)}`);
    for (const { voidedTrials, message, cause } of readWarnings((sql) => queries.query(sql), sweep)) {
      if (voidedTrials.has(trial)) lines.push(`WARNING: ${message} ${cause}`);
    }
    if (status === 'done' && role !== 'fp32') lines.push(...trialSpeedLines((sql) => queries.query(sql), sweep, trial));
    const section = (title: string, sql: string): void => {
      const parameters = { sweep, trial };
      if (queries.query(sql, parameters).rows.length > 0) {
        lines.push('', title, table(queries, sql, parameters).trimEnd());
      }
    };
    section('notes', 'SELECT kind, text, written_at FROM v_note WHERE sweep = :sweep AND trial = :trial ORDER BY note');
    section(
      'settings',
      'SELECT setting, value FROM v_setting WHERE sweep = :sweep AND trial = :trial AND value IS NOT NULL',
    );
    section(
      `accuracy (trials are ranked by ${String(metric)}, higher is better)`,
      'SELECT metric, slice, value, ci_low, ci_high, ci_method, correct, total FROM v_accuracy WHERE sweep = :sweep AND trial = :trial',
    );
    section(
      'stopped early: certainly not the best (counts cover the samples seen)',
      'SELECT evaluated_samples, samples, correct, against_label AS against, against_correct, only_trial, only_against, p_value, threshold, reason FROM v_stopped WHERE sweep = :sweep AND trial = :trial',
    );
    section(
      'against others',
      'SELECT against, other_label, difference, method, p_relation, p_value, chosen_from, p_corrected, differs FROM v_comparison WHERE sweep = :sweep AND trial = :trial',
    );
    section(
      'layers (accumulated losses, lower is better; amax unsmoothed -> used)',
      `SELECT l.layer, l.layer_alpha AS alpha, l.l1, l.rel_l1, l.sqnr_db, i.amax_unsmoothed AS input_before, i.amax AS input_after,
              w.amax_unsmoothed AS weight_before, w.amax AS weight_after
       FROM v_layer_loss l
       JOIN v_amax i ON i.sweep = l.sweep AND i.trial = l.trial AND i.layer = l.layer AND i.role = 'input'
       JOIN v_amax w ON w.sweep = l.sweep AND w.trial = l.trial AND w.layer = l.layer AND w.role = 'weight'
       WHERE l.sweep = :sweep AND l.trial = :trial AND l.mode = 'accumulated' ORDER BY l.position`,
    );
    section(
      'speed against FP32 (quantized / FP32, below 1 is faster)',
      `SELECT device, batch_size, threads, rounds, fp32_ms, quantized_ms, ratio, ratio_low, ratio_high, spread, verdict, host
       FROM v_latency WHERE sweep = :sweep AND trial = :trial ORDER BY device, host, threads, batch_size`,
    );
    section(
      'where the time of its runs goes, by the profile of the runtime',
      `SELECT device, batch_size, threads, kind, op, count(*) AS nodes, round(sum(duration_us) / 1000, 3) AS ms, round(sum(share), 3) AS share
       FROM v_operator_time WHERE sweep = :sweep AND trial = :trial AND model = 'quantized'
       GROUP BY latency, kind, op ORDER BY device, host, threads, batch_size, sum(duration_us) DESC`,
    );
    section(
      'attempts',
      'SELECT number, status, device, provider, started_at, round(duration_ms) AS ms, error_class, error FROM v_attempt WHERE trial = :trial AND :sweep IS NOT NULL',
    );
    return `${lines.join('\n')}\n`;
  });
}
