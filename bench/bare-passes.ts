import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DataSource } from '../src/formats/data-source.js';
import type { OptimizationLevel } from '../src/experiment/sections/settings.js';
import type { PreprocessSettings } from '../src/formats/preprocess/preprocess-settings.js';

/** Samples that stay in memory, ready to be fed. */
export interface BareData {
  readonly source: DataSource;
  readonly preprocess: PreprocessSettings;
  /** The first so many. */
  readonly samples: number;
  /** Samples of one run. */
  readonly batchSize: number;
  /** Name of the model's input. */
  readonly input: string;
}

/** One pass of a graph over all samples. */
export interface BarePass {
  /** Path of an `.onnx` file; its session is made at the first pass and kept. */
  readonly graph: string;
  /** Threads of an operator; null: the runtime's own default. */
  readonly threads: number | null;
  /**
   * Of a graph that the runtime optimized before; otherwise the runtime's own default, which is
   * all.
   */
  readonly optimizationLevel?: OptimizationLevel;
}

export interface BareTook {
  readonly ms: number;
  /** Of the process since it started. */
  readonly peakMb: number;
}

/**
 * The least that inference costs: a process of its own that does nothing but run onnxruntime-node's
 * sessions on samples in memory. This is what everything that the program adds is measured over.
 */
export class BarePasses {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts the process and has it load the samples. */
  static async start(data: BareData): Promise<BarePasses> {
    const entry = fileURLToPath(new URL('./bare-passes-child.ts', import.meta.url));
    const passes = new BarePasses(fork(entry, [JSON.stringify(data)]));
    await passes.#answer();
    return passes;
  }

  /**
   * Runs one pass; sessions that others use in other processes may run meanwhile. @throws Error
   * when the process ends
   */
  async run(pass: BarePass): Promise<BareTook> {
    this.#child.send(pass);
    return (await this.#answer()) as BareTook;
  }

  close(): void {
    this.#child.disconnect();
  }

  async #answer(): Promise<unknown> {
    const waiting = new AbortController();
    const { signal } = waiting;
    try {
      const ended = once(this.#child, 'exit', { signal }).then(([code]) => {
        throw new Error(`Expected a bare pass, but its process ended with ${String(code)}.`);
      });
      const [answer] = (await Promise.race([once(this.#child, 'message', { signal }), ended])) as readonly unknown[];
      return answer;
    } finally {
      waiting.abort();
    }
  }
}

/**
 * Runs a pass in each process at the same time. Milliseconds a pass: those of all on the clock,
 * over their number.
 */
export async function passesAtOnce(processes: readonly BarePasses[], pass: BarePass): Promise<number> {
  const start = performance.now();
  await Promise.all(processes.map((process) => process.run(pass)));
  return (performance.now() - start) / processes.length;
}
