import type { AgentRecord } from '../records/agent-record.js';
import { StoreError } from '../store/store-error.js';
import type { SweepStore } from '../store/store.js';

/** Keeps the picture of a sweep's agents in its database, for whoever looks at it meanwhile. */
export class StoredAgents {
  #store: SweepStore | null = null;
  #written = '[]';

  /** The agents as they are now. */
  are(agents: readonly AgentRecord[]): void {
    const picture = JSON.stringify(agents);
    if (this.#store === null || picture === this.#written) return;
    try {
      this.#store.writeAgents(agents);
      this.#written = picture;
    } catch (cause) {
      // Another program holds the database: a later picture is as good.
      if (!(cause instanceof StoreError && cause.code === 'busy')) throw cause;
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
