import type { AgentRecord } from '../records/agent-record.js';
import type { BrokerAddress } from './broker-address.js';
import { withDirectory } from './broker-client.js';
import { agentRecord } from './coordinator/agent-board.js';
import { misfit, ownHandshake } from './protocol/handshake.js';
import type { AgentMessage, SweepMessage } from './protocol/messages.js';

/** A sweep on a broker. */
export interface BrokerSweep {
  readonly id: string;
  readonly name: string;
  /** Machine of its coordinator. */
  readonly host: string;
  readonly since: string;
  readonly provider: string;
  readonly numericsClass: string;
  /** False: it was killed or is cut off; running its command again goes on. */
  readonly hasCoordinator: boolean;
}

/** Who is at a broker. */
export interface BrokerPopulation {
  readonly agents: readonly AgentRecord[];
  readonly sweeps: readonly BrokerSweep[];
  /** Agents and sweeps that sign with another secret: nothing of them can be believed. */
  readonly strangers: number;
}

/** Asks a broker for its agents and sweeps. @throws BrokerError */
export function listAgents(address: BrokerAddress): Promise<BrokerPopulation> {
  return withDirectory(address, async (directory) => {
    const sweeps = await directory.sweeps();
    const agents = await directory.agents();
    const alive = await Promise.all(sweeps.map(({ id }) => directory.hasCoordinator(id)));
    return {
      strangers: directory.strangeAgents + directory.strangeSweeps,
      agents: agents.map((agent) => agentRecord({ agent, unfit: whyUnfit(agent, sweeps) })),
      sweeps: sweeps.map(({ id, name, host, since, handshake: { provider, numericsClass } }, index) => {
        return { id, name, host, since, provider, numericsClass, hasCoordinator: alive[index]! };
      }),
    };
  });
}

/** Unfit for all that there is, sweep by sweep; without sweeps, by this program's own version. */
function whyUnfit(agent: AgentMessage, sweeps: readonly SweepMessage[]): string | null {
  if (agent.reason !== null) return agent.reason;
  const { provider, numericsClass } = agent.handshake;
  if (sweeps.length === 0) return misfit(agent.handshake, ownHandshake(provider, numericsClass));
  const reasons = sweeps.map(
    ({ id, handshake }) => misfit(agent.handshake, handshake) ?? agent.sweeps[id]?.reason ?? null,
  );
  if (reasons.includes(null)) return null;
  return sweeps.map(({ name }, index) => `${name}: ${reasons[index]!}`).join('; ');
}
