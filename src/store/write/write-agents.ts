import type { AgentRecord } from '../../records/agent-record.js';
import type { Connection } from '../file/connection.js';

/** Puts these agents in place of all that were told of before. */
export function writeAgents(connection: Connection, agents: readonly AgentRecord[]): void {
  connection.run('DELETE FROM agent');
  for (const agent of agents) {
    connection.run(
      `INSERT INTO agent (id, host, label, provider, numerics_class, gpu, slots, state, reason, jobs, last_error, seen_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      agent.id,
      agent.host,
      agent.label,
      agent.provider,
      agent.numericsClass,
      agent.gpu,
      agent.slots,
      agent.state,
      agent.reason,
      JSON.stringify(agent.jobs),
      agent.lastError,
      agent.seenAt,
    );
  }
}
