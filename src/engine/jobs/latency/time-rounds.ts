import type { TimedModel } from './latency-job.js';
import { roundOrders } from './round-orders.js';

/** What was timed, and in which order: `[rounds][models]`. */
export interface Rounds {
  readonly order: readonly (readonly number[])[];
  readonly timed: readonly Pick<TimedModel, 'wallMs' | 'cpuMs'>[];
}

/** How many rounds count, and how many run before them that do not. */
export interface RoundCounts {
  readonly rounds: number;
  readonly warmup: number;
}

/** Times runs of models by whole rounds, one run each a round ({@link roundOrders}). */
export async function timeRounds(
  runs: readonly (() => Promise<void>)[],
  { warmup, rounds }: RoundCounts,
  report: (done: number) => void,
): Promise<Rounds> {
  const timed = runs.map(() => ({ wallMs: [] as number[], cpuMs: [] as number[] }));
  const orders = roundOrders(runs.length, warmup + rounds);
  for (const [round, order] of orders.entries()) {
    for (const index of order) {
      const cpu = process.cpuUsage();
      const start = process.hrtime.bigint();
      await runs[index]!();
      const wall = process.hrtime.bigint() - start;
      const { user, system } = process.cpuUsage(cpu);
      if (round < warmup) continue;
      timed[index]!.wallMs.push(Number(wall) / 1e6);
      timed[index]!.cpuMs.push((user + system) / 1e3);
    }
    report(round + 1);
  }
  return { order: orders.slice(warmup), timed };
}
