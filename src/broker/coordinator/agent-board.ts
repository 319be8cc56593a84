import type { AgentRecord } from '../../records/agent-record.js';
import { misfit, type Handshake } from '../protocol/handshake.js';
import type { AgentMessage } from '../protocol/messages.js';

/** An agent, and why it gets no work of the sweep; null where it does. */
export interface SeenAgent {
  readonly agent: AgentMessage;
  readonly unfit: string | null;
}

/** Looks at agents from one sweep's side. @param handshake null until its class is decided */
export function seeAgents(
  agents: readonly AgentMessage[],
  sweep: string,
  handshake: Handshake | null,
): readonly SeenAgent[] {
  return agents.map((agent) => {
    const reason = agent.reason ?? (handshake === null ? null : misfit(agent.handshake, handshake));
    return { agent, unfit: reason ?? agent.sweeps[sweep]?.reason ?? null };
  });
}

/** Pieces of work that agents run at once for a sweep that they have all looked at. */
export function liveSlots(seen: readonly SeenAgent[], sweep: string): number {
  return seen
    .filter(({ agent, unfit }) => unfit === null && agent.state === 'ready' && agent.sweeps[sweep] !== undefined)
    .reduce((sum, { agent }) => sum + agent.slots, 0);
}

export function agentRecord({ agent, unfit }: SeenAgent, isGone = false): AgentRecord {
  const { id, host, label, gpu, handshake, slots, lastError, seenAt } = agent;
  return {
    ...{ id, host, label, gpu, slots, lastError, seenAt },
    provider: handshake.provider,
    numericsClass: handshake.numericsClass,
    state: isGone ? 'lost' : unfit !== null ? 'unfit' : agent.state,
    reason: isGone ? null : unfit,
    jobs: isGone ? [] : agent.jobs,
  };
}
