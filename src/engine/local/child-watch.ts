import type { FailureRecord } from '../../records/failure-record.js';
import { failureRecord } from '../failure-of.js';
import { OutOfMemory, WorkerHung } from '../trouble.js';
import type { Beat } from './heartbeat.js';

/** When a child is given up. */
export interface WatchLimits {
  /** Seconds without a beat after which a child counts as hanging. */
  readonly hangSeconds: number;
  /** Resident memory in MiB that a child may use; null: no limit. */
  readonly memoryMb: number | null;
}

/**
 * A child that beats but neither computes nor gets on is given so many times `hangSeconds`: it may
 * wait for a disk.
 */
const IDLE_FACTOR = 10;

/** Share of one core below which a child counts as computing nothing; its beats alone take less. */
const IDLE_SHARE = 0.02;

const MIB = 2 ** 20;

/**
 * Judges one child at one job. Time is counted in ticks of the parent, which stand still while the
 * parent does (a suspended laptop, a stopped terminal): what the clock on the wall did meanwhile is
 * no fault of the child.
 */
export class ChildWatch {
  readonly #limits: WatchLimits;
  readonly #tickMs: number;
  #silentTicks = 0;
  #idleTicks = 0;
  #progressed = false;
  #cpuMicros = 0;
  #cpuAtTick = 0;
  #rssBytes = 0;

  constructor(limits: WatchLimits, tickMs: number) {
    this.#limits = limits;
    this.#tickMs = tickMs;
  }

  beat({ cpuMicros, rssBytes }: Beat): void {
    this.#silentTicks = 0;
    this.#cpuMicros = cpuMicros;
    this.#rssBytes = rssBytes;
  }

  /** The job got on. */
  progress(): void {
    this.#progressed = true;
  }

  /** To be called every `tickMs` while a job runs. Why the child must be killed, or null. */
  tick(device: string): FailureRecord | null {
    const { hangSeconds, memoryMb } = this.#limits;
    const computed = this.#cpuMicros - this.#cpuAtTick > IDLE_SHARE * this.#tickMs * 1000;
    this.#cpuAtTick = this.#cpuMicros;
    this.#idleTicks = computed || this.#progressed ? 0 : this.#idleTicks + 1;
    this.#silentTicks = this.#progressed ? 0 : this.#silentTicks + 1;
    this.#progressed = false;
    const rssMb = this.#rssBytes / MIB;
    if (memoryMb !== null && rssMb > memoryMb) {
      const message = `The child process on ${device} used ${Math.round(rssMb)} MiB of memory; run.memoryMb allows ${memoryMb}.`;
      return failureRecord(new OutOfMemory(message));
    }
    const seconds = (ticks: number): number => (ticks * this.#tickMs) / 1000;
    if (seconds(this.#silentTicks) >= hangSeconds) {
      return hung(`The child process on ${device} gave no sign of life for ${hangSeconds} s`);
    }
    if (seconds(this.#idleTicks) >= IDLE_FACTOR * hangSeconds) {
      return hung(
        `The child process on ${device} neither computed nor made progress for ${IDLE_FACTOR * hangSeconds} s`,
      );
    }
    return null;
  }
}

function hung(what: string): FailureRecord {
  return failureRecord(new WorkerHung(`${what} (run.hangSeconds) and was killed.`));
}
