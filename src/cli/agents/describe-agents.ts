import { listAgents } from '../../api/agents.js';
import type { BrokerOptions } from '../../api/broker.js';
import type { AgentRecord } from '../../records/agent-record.js';
import { formatRows, type RowFormat } from '../query/format-rows.js';

const columns = ['agent', 'label', 'provider', 'class', 'gpu', 'slots', 'busy', 'state', 'work', 'note'];

/** The text of `quantsweep agents`; other formats than the table have the agents alone. */
export async function describeAgents(broker: BrokerOptions, format: RowFormat): Promise<string> {
  const { agents, sweeps, strangers } = await listAgents(broker);
  const rows = agents.map((agent) => rowOf(agent));
  const width = process.stdout.isTTY ? process.stdout.columns : null;
  if (format !== 'table') return formatRows({ columns, rows }, format, width);
  const lines = sweeps.map(({ id, name, host, provider, numericsClass, hasCoordinator }) => {
    const coordinator = hasCoordinator ? `from ${host}` : `from ${host}, which is gone: run its command again to go on`;
    return `  ${name} (${id}) on ${provider}, class ${numericsClass}, ${coordinator}\n`;
  });
  const found = agents.length === 0 ? 'No agents.\n' : formatRows({ columns, rows }, 'table', width);
  const others =
    strangers === 0
      ? ''
      : `\nNot listed: ${strangers === 1 ? '1 agent or sweep' : `${strangers} agents or sweeps`} with another secret. Compare QUANTSWEEP_BROKER_SECRET, or secret= of the credentials files.\n`;
  return `${found}\n${lines.length === 0 ? 'No sweeps.' : 'Sweeps:'}\n${lines.join('')}${others}`;
}

function rowOf(agent: AgentRecord): readonly (string | number | null)[] {
  const { id, label, provider, numericsClass, gpu, slots, state, jobs, reason, lastError } = agent;
  const work = jobs.map(({ sweep, label: job }) => `${sweep}: ${job}`).join(', ');
  const note = reason ?? (lastError === null ? null : `last error: ${lastError}`);
  return [id, label, provider, numericsClass, gpu, slots, jobs.length, state, work === '' ? null : work, note];
}
