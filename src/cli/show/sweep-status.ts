import { metricTextOf } from '../../report/facts/judged-by.js';
import { readWarnings } from '../../report/facts/result-warnings.js';
import type { SqlValue } from '../../store/query/query-database.js';
import { readRunState, type RunState } from '../../store/read/read-run-state.js';
import { agentLines } from './agent-lines.js';
import { formatDuration, formatMetric, plural } from './format-values.js';
import { pickSweep } from '../../api/pick-sweep.js';
import { readDatabase } from '../../api/read-database.js';
import { table } from './table.js';
import { workerLogLines } from './worker-log-lines.js';

/** A cell that is a number or text, as v_sweep's are. */
function text(cell: SqlValue | undefined): string {
  return typeof cell === 'string' || typeof cell === 'number' ? String(cell) : '0';
}

/** Attempts of the sweep that have not ended. */
const workSql = `SELECT coalesce((SELECT t.label FROM v_trial t WHERE t.sweep = :sweep AND t.trial = a.trial), stage_kind || ' ' || part) AS work,
  device, number AS attempt, started_at FROM v_attempt a
  WHERE status = 'running' AND (trial IN (SELECT trial FROM v_trial WHERE sweep = :sweep) OR stage IN (SELECT stage FROM v_stage WHERE sweep = :sweep))`;

/** Whether that work goes on is seen by whether its process lives. */
function workTitle(run: RunState): string {
  switch (run.kind) {
    case 'none':
      return 'cut off: the run was killed; quantsweep run continues';
    case 'running':
      return `running now (process ${run.pid} on ${run.host})`;
    case 'unknown':
      return `running, if process ${run.pid} on ${run.host} still does`;
  }
}

/** The text of `quantsweep status`. */
export function sweepStatus(database: string, wanted: string | undefined): string {
  return readDatabase(database, (queries) => {
    const sweep = pickSweep(queries, wanted);
    const one = (sql: string): readonly SqlValue[] => queries.query(sql, { sweep }).rows[0] ?? [];
    const [trials, done, failed, pending, updated, stopped] = one(
      'SELECT trials, done, failed, pending, updated_at, stopped FROM v_sweep WHERE sweep = :sweep',
    );
    const lines = [
      `${sweep}: ${plural(Number(trials), 'trial')}, ${text(done)} done,${Number(stopped) === 0 ? '' : ` ${text(stopped)} stopped early,`} ${text(failed)} failed, ${text(pending)} to run (last run started ${text(updated)})`,
    ];
    const warnings = readWarnings((sql) => queries.query(sql), sweep);
    for (const { message, cause } of warnings) lines.push(`WARNING: ${message} ${cause}`);
    // The same trial that `show best` and `export best` take.
    const [label, value, low, high, trial, metric, task] = one(
      `SELECT t.label, t.value, t.ci_low, t.ci_high, t.trial, t.metric, json_extract(t.settings, '$.task.kind') FROM v_place p JOIN v_trial t ON t.sweep = p.sweep AND t.trial = p.trial WHERE p.sweep = :sweep AND p.place = 1`,
    );
    if (warnings.some(({ voidedTrials }) => voidedTrials.has(Number(trial)))) {
      lines.push('no setting can be called the best, see the warning');
    } else if (typeof label === 'string') {
      const { unit } = metricTextOf(text(task), text(metric));
      const written = (number: SqlValue | undefined): string => formatMetric(Number(number), unit);
      const interval = low === null ? '' : ` (95 % interval ${written(low)} to ${written(high)})`;
      lines.push(`best so far: ${label}, ${written(value)}${interval}`);
    }
    const [mean] = one(
      "SELECT avg(duration_ms) FROM v_attempt WHERE work = 'trial' AND status = 'done' AND trial IN (SELECT trial FROM v_trial WHERE sweep = :sweep)",
    );
    if (mean !== null && mean !== undefined) lines.push(`average time per trial ${formatDuration(Number(mean))}`);
    const section = (title: string, sql: string): void => {
      if (queries.query(sql, { sweep }).rows.length > 0)
        lines.push('', title, table(queries, sql, { sweep }).trimEnd());
    };
    section(
      'stages',
      'SELECT kind, status, attempts, round(duration_ms / 1000, 1) AS seconds, finished_at FROM v_stage WHERE sweep = :sweep',
    );
    section('notes', 'SELECT kind, text, written_at FROM v_note WHERE sweep = :sweep AND trial IS NULL ORDER BY note');
    const run = readRunState(database);
    lines.push(...agentLines(queries, sweep, run));
    section(workTitle(run), workSql);
    lines.push(...workerLogLines(queries, sweep));
    section(
      'stopped early because certainly not the best (counts cover the samples seen)',
      'SELECT label, evaluated_samples, samples, correct, against_label AS against, against_correct, only_trial, only_against, p_value FROM v_stopped WHERE sweep = :sweep ORDER BY trial',
    );
    section(
      'failed',
      "SELECT count(*) AS trials, min(label) AS for_example, error_class, error FROM v_trial WHERE sweep = :sweep AND status = 'failed' GROUP BY error_class, error ORDER BY min(position)",
    );
    return `${lines.join('\n')}\n`;
  });
}
