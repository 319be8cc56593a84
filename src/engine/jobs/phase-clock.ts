/** Adds up the time of named phases, in milliseconds. */
export class PhaseClock {
  readonly timings: Record<string, number> = {};

  async measure<T>(phase: string, work: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.timings[phase] = (this.timings[phase] ?? 0) + performance.now() - start;
    }
  }
}
