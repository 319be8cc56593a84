import { spawn } from 'node:child_process';
import type { RedisServer } from '../test/support/redis-server.js';
import { cpuMsOf } from './measure/process-cpu.js';
import { program } from './running-agent.js';

const SAMPLE_MS = 250;

/** A sweep that ran on agents. */
export interface SweepOnAgents {
  readonly seconds: number;
  /** CPU of the coordinator, its start included. */
  readonly coordinatorMs: number;
}

/**
 * Runs an experiment as a coordinator, as a user does.
 *
 * @param onSample told several times a second how many trials are finished
 * @throws Error where it does not end with 0
 */
export async function runOnAgents(
  redis: RedisServer,
  folder: string,
  experiment: string,
  onSample: (finished: number) => void,
): Promise<SweepOnAgents> {
  const start = performance.now();
  const running = spawn(process.execPath, [program, 'run', experiment, '--allow-code', '--broker', redis.url], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...redis.environment('coordinator') },
  });
  let printed = '';
  let finished = 0;
  let coordinatorMs = 0;
  const read = (chunk: Buffer): void => {
    const text = chunk.toString('utf8');
    printed = (printed + text).slice(-10_000);
    for (const [, number] of text.matchAll(/\[\s*(\d+)\/\d+\]/g)) finished = Math.max(finished, Number(number));
  };
  running.stdout.on('data', read);
  running.stderr.on('data', read);
  const timer = setInterval(() => {
    try {
      coordinatorMs = cpuMsOf(running.pid!);
    } catch {
      // It has ended.
    }
    onSample(finished);
  }, SAMPLE_MS);
  const code = await new Promise((resolve) => running.on('close', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`Expected the sweep to end with 0, got ${String(code)}: ${printed}`);
  onSample(finished);
  return { seconds: (performance.now() - start) / 1000, coordinatorMs };
}
