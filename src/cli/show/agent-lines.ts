import { agentCounts, jobText, readAgents, type Agent } from '../../report/facts/agents.js';
import { listedAgents } from '../../report/facts/listed-agents.js';
import type { QueryConnection } from '../../store/query/query-database.js';
import type { RunState } from '../../store/read/read-run-state.js';
import { formatRows } from '../query/format-rows.js';
import { plural } from './format-values.js';

const columns = ['agent', 'label', 'provider', 'class', 'gpu', 'state', 'busy', 'work', 'note'];

/** Agents of a sweep in `quantsweep status`; none where it has none. */
export function agentLines(queries: QueryConnection, sweep: string, run: RunState): readonly string[] {
  const agents = readAgents((sql) => queries.query(sql), sweep);
  if (agents.length === 0) return [];
  // A run that was killed could not take them away.
  const left = run.kind === 'none' ? ', when the run was cut off' : '';
  const { front, rest } = listedAgents(agents);
  const width = process.stdout.isTTY ? process.stdout.columns : null;
  return [
    '',
    `Agents: ${agents.length} (${agentCounts(agents).slots})${left}`,
    formatRows({ columns, rows: front.map((agent) => rowOf(agent, sweep)) }, 'table', width).trimEnd(),
    ...(rest.length === 0
      ? []
      : [
          `${plural(rest.length, 'more agent')}: ${agentCounts(rest).activities} (quantsweep query "SELECT * FROM v_agent")`,
        ]),
  ];
}

function rowOf(agent: Agent, own: string): readonly (string | number | null)[] {
  const { host, label, provider, numericsClass, gpu, slots, activity, jobs, reason, lastError } = agent;
  const work = jobs.map((job) => jobText(job, own)).join(', ');
  const note = reason ?? (lastError === null ? null : `last error: ${lastError}`);
  return [
    ...[host, label, provider, numericsClass, gpu, activity, `${jobs.length} of ${slots}`],
    work === '' ? null : work,
    note,
  ];
}
