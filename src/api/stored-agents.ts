import type { AgentRecord } from '../records/agent-record.js';
import { StoreError } from '../store/store-error.js';
import type { SweepStore } from '../store/store.js';

/** Milliseconds between two writes of when an agent was last heard of. */
const SEEN_MS = 10_000;

/** Keeps the picture of a sweep's agents in its database, for whoever looks at it meanwhile. */
export class StoredAgents {
  #store: SweepStore | null = null;
  #written = '[0,[]]';

  /** The agents as they are now. */
  are(agents: readonly AgentRecord[]): void {
    // That an agent is still there is worth a write now and then.
    const period = agents.length === 0 ? 0 : Math.floor(performance.now() / SEEN_MS);
    const picture = JSON.stringify([period, agents.map(({ seenAt: _, ...agent }) => agent)]);
    if (this.#store === null || picture === this.#written) return;
    try {
      this.#store.writeAgents(agents);
      this.#written = picture;
    } catch (cause) {
      // Another program holds the database, or its disk is full: work that can't be stored tells of
      // it, and a later picture is as good.
      if (!(cause instanceof StoreError)) throw cause;
    }
  }

  /** While `work` goes on, agents are written to the store; afterwards there are none. */
  async storedIn<T>(store: SweepStore, work: () => Promise<T>): Promise<T> {
    this.#store = store;
    try {
      return await work();
    } finally {
      this.are([]);
      this.#store = null;
    }
  }
}
