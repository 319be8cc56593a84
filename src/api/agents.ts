import type { AgentOptions } from '../broker/agent/agent.js';
import type { Cancelled } from '../broker/cancel-sweep.js';
import type { BrokerPopulation } from '../broker/list-agents.js';
import { loadBroker, type BrokerOptions } from './broker.js';

export type { Cancelled } from '../broker/cancel-sweep.js';
export type { BrokerPopulation, BrokerSweep } from '../broker/list-agents.js';

/** What an agent offers, and the broker that it takes its work from. */
export type AgentSettings = Omit<AgentOptions, 'address'> & { readonly broker: BrokerOptions };

/**
 * Runs jobs of sweeps of a broker on this machine, in child processes, until `signal` is aborted or
 * there was no work for `exitWhenIdleSeconds`.
 *
 * @throws BrokerUsageError for its address or credentials; BrokerError where it can't be used;
 *   InputError where the provider does not load here
 */
export async function runAgent({ broker, ...settings }: AgentSettings): Promise<void> {
  const { brokerAddress, runAgent: run } = await loadBroker();
  await run({ ...settings, address: brokerAddress(broker.url, broker.credentials ?? null) });
}

/** Who is at a broker: agents, and sweeps that they work on. @throws as {@link runAgent} */
export async function listAgents(broker: BrokerOptions): Promise<BrokerPopulation> {
  const { brokerAddress, listAgents: list } = await loadBroker();
  return list(brokerAddress(broker.url, broker.credentials ?? null));
}

/**
 * Calls a sweep of a broker off; what is finished is kept.
 *
 * @param sweep its name, or its id where several have the name
 * @throws UsageError where there is none, otherwise as {@link runAgent}
 */
export async function cancelSweep(broker: BrokerOptions, sweep: string): Promise<Cancelled> {
  const { brokerAddress, cancelSweep: cancel } = await loadBroker();
  return cancel(brokerAddress(broker.url, broker.credentials ?? null), sweep);
}
