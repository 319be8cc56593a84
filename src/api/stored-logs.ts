import type { WorkerLogRecord } from '../records/worker-log-record.js';
import { StoreError } from '../store/store-error.js';
import type { SweepStore } from '../store/store.js';

/** Milliseconds between two writes at least, however much the workers write. */
const EVERY_MS = 2000;

/** Keeps the last lines of a sweep's worker processes in its database, for whoever looks at it. */
export class StoredLogs {
  readonly #everyMs: number;
  /** By place, those that differ from what is stored. */
  readonly #changed = new Map<string, string>();
  #store: SweepStore | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(everyMs = EVERY_MS) {
    this.#everyMs = everyMs;
  }

  /** What stands at the end of a place's log now. */
  heard(place: string, text: string): void {
    this.#changed.set(place, text);
    if (this.#store === null) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#write();
    }, this.#everyMs);
    this.#timer.unref();
  }

  /**
   * To be called when the sweep has begun: from now on logs are stored, those of places that wrote
   * nothing as empty ones, so that a reader knows all places.
   */
  begin(store: SweepStore, places: readonly string[]): void {
    this.#store = store;
    for (const place of places) if (!this.#changed.has(place)) this.#changed.set(place, '');
    this.#write();
  }

  /** Stores what is not stored yet. The logs stay: they tell why a run ended. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#write();
    this.#store = null;
  }

  #write(): void {
    if (this.#store === null || this.#changed.size === 0) return;
    const logs: readonly WorkerLogRecord[] = [...this.#changed].map(([place, text]) => ({ place, text }));
    try {
      this.#store.writeWorkerLogs(logs);
      this.#changed.clear();
    } catch (cause) {
      // Another program holds the database, or its disk is full: work that can't be stored tells of
      // it, and these lines come with the next ones.
      if (!(cause instanceof StoreError)) throw cause;
    }
  }
}
