import { JobInterrupted, type WorkEvents } from '../../engine/executor.js';
import type { Place } from '../../records/place.js';
import type { PackedValue } from '../protocol/values.js';

/** Bytes of results that are kept for a job that may ask for them. */
const MOST_BYTES = 64 * 2 ** 20;

/** Computes work, and tells where. Aborting the signal ends it. */
export type Compute = (on: WorkEvents, signal: AbortSignal) => Promise<PackedValue>;

/** What a job asks for. */
export interface AskedWork {
  /** Id of its sweep. */
  readonly sweep: string;
  /** Id of the job. */
  readonly job: string;
  /** See `workHash`. */
  readonly hash: string;
  /** Milliseconds for which the work keeps its slot when the job is lost. */
  readonly patienceMs: number;
}

interface HeldWork {
  readonly asked: AskedWork;
  readonly stop: AbortController;
  readonly ended: Promise<PackedValue>;
  /** Of the jobs that ask for it. */
  readonly holders: Set<WorkEvents>;
  place: Place | null;
  result: PackedValue | null;
  /** It runs without a job, and up to then nothing else takes its slot. */
  keepsSlotUntil: number;
  isHandedIn: boolean;
}

/**
 * What an agent computes and has computed, by its content. A job may be lost while its work goes
 * on: the broker was away for longer than a lease, or forgot its last writes. When the work is
 * given again, the agent that has it goes on with it or hands in its result.
 */
export class WorkInHand {
  readonly #held = new Map<string, HeldWork>();

  /** @param slots pieces of work that run at once */
  constructor(private readonly slots: number) {}

  /** Slots that are taken by work whose job was lost, and that is expected to be given again. */
  get keptSlots(): number {
    const now = performance.now();
    return this.#orphans().filter(({ keepsSlotUntil }) => keepsSlotUntil > now).length;
  }

  /** Work runs, with a job or without. @param sweep whose; null: any */
  isBusy(sweep: string | null): boolean {
    const running = [...this.#held.values()].filter(({ result }) => result === null);
    return running.some(({ asked }) => sweep === null || asked.sweep === sweep);
  }

  /**
   * The result of work that is in hand, or else what `compute` gives.
   *
   * @param stop aborted when the work is not wanted any more: it ends
   * @param lost aborted when the job is not this agent's any more: the work goes on
   * @throws what `compute` throws; JobInterrupted when either is aborted
   */
  async result(
    asked: AskedWork,
    compute: Compute,
    on: WorkEvents,
    { stop, lost }: { readonly stop: AbortSignal; readonly lost: AbortSignal },
  ): Promise<PackedValue> {
    const known = this.#held.get(nameOf(asked));
    const held = known ?? this.#begin(asked, compute);
    held.holders.add(on);
    try {
      if (known !== undefined && known.place !== null) await on.started(known.place);
      return await unlessAborted(held.ended, AbortSignal.any([stop, lost]));
    } finally {
      held.holders.delete(on);
      if (held.result === null && held.holders.size === 0) {
        if (stop.aborted) await this.#end(held);
        else held.keepsSlotUntil = performance.now() + asked.patienceMs;
      }
    }
  }

  /** A broker that is killed may forget that it got a result, so one more job may ask for it. */
  handedIn(asked: AskedWork): void {
    const held = this.#held.get(nameOf(asked));
    if (held === undefined) return;
    if (held.isHandedIn) this.#held.delete(nameOf(asked));
    held.isHandedIn = true;
  }

  /** Ends work of a sweep that runs without a job. @param jobs those that asked for it */
  callOff(sweep: string, jobs: readonly string[] | 'all'): void {
    for (const held of this.#orphans()) {
      const { asked } = held;
      if (asked.sweep === sweep && (jobs === 'all' || jobs.includes(asked.job))) void this.#end(held);
    }
  }

  /** Ends all work of a sweep, and drops its results. */
  forget(sweep: string): void {
    for (const [name, held] of this.#held) {
      if (held.asked.sweep !== sweep) continue;
      held.stop.abort();
      this.#held.delete(name);
    }
  }

  #begin(asked: AskedWork, compute: Compute): HeldWork {
    const name = nameOf(asked);
    const on: WorkEvents = {
      started: async (place) => {
        held.place = place;
        await Promise.all([...held.holders].map(async (each) => each.started(place)));
      },
      progress: (done, total) => {
        for (const each of held.holders) each.progress(done, total);
      },
    };
    const stop = new AbortController();
    const computed = async (): Promise<PackedValue> => {
      // Once `held` is there: what it displaces is counted without it.
      await Promise.resolve();
      await this.#makeRoom();
      return compute(on, stop.signal);
    };
    const held: HeldWork = {
      ...{ asked, stop, ended: computed(), holders: new Set<WorkEvents>() },
      ...{ place: null, result: null, keepsSlotUntil: 0, isHandedIn: false },
    };
    this.#held.set(name, held);
    held.ended.then(
      (result) => {
        held.result = result;
        this.#dropOldest();
      },
      () => {
        if (this.#held.get(name) === held) this.#held.delete(name);
      },
    );
    return held;
  }

  /** Work without a job gives way to work that has one. */
  async #makeRoom(): Promise<void> {
    const running = [...this.#held.values()].filter(({ result }) => result === null).length;
    await Promise.all(
      this.#orphans()
        .slice(0, Math.max(0, running - this.slots))
        .map((held) => this.#end(held)),
    );
  }

  async #end(held: HeldWork): Promise<void> {
    held.stop.abort();
    const name = nameOf(held.asked);
    if (this.#held.get(name) === held) this.#held.delete(name);
    await held.ended.catch(() => undefined);
  }

  /** Oldest first. */
  #orphans(): readonly HeldWork[] {
    return [...this.#held.values()].filter(({ holders, result }) => holders.size === 0 && result === null);
  }

  #dropOldest(): void {
    const results = [...this.#held].flatMap(([name, { result }]) => (result === null ? [] : [{ name, ...result }]));
    let total = results.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { name, bytes } of results) {
      if (total <= MOST_BYTES) return;
      this.#held.delete(name);
      total -= bytes;
    }
  }
}

function nameOf({ sweep, hash }: AskedWork): string {
  return `${sweep} ${hash}`;
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let giveUp = (): void => undefined;
  const over = new Promise<never>((_, reject) => {
    giveUp = () => {
      reject(new JobInterrupted('The job is not wanted any more.'));
    };
  });
  signal.addEventListener('abort', giveUp);
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([work, over]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
