import type { Activity, Agent } from './agents.js';

/** So many are listed whole. */
const mostListed = 20;

/** Of more, so many stand in front: whatever is wrong is seen, however many work. */
const inFront: Readonly<Record<Activity, number>> = { 'at work': 8, stopping: 2, waiting: 3, unfit: 3, lost: 3 };

/** Splits agents into those that stand in front, and the rest, each in the order given. */
export function listedAgents(agents: readonly Agent[]): {
  readonly front: readonly Agent[];
  readonly rest: readonly Agent[];
} {
  if (agents.length <= mostListed) return { front: agents, rest: [] };
  const counts = new Map<Activity, number>();
  const front = new Set<Agent>();
  for (const agent of agents) {
    const count = (counts.get(agent.activity) ?? 0) + 1;
    counts.set(agent.activity, count);
    if (count <= inFront[agent.activity]) front.add(agent);
  }
  return { front: [...front], rest: agents.filter((agent) => !front.has(agent)) };
}
