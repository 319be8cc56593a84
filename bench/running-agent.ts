import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RedisServer } from '../test/support/redis-server.js';

export const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** A real agent as a process of its own. */
export class RunningAgent {
  readonly #child: ChildProcess;
  #printed = '';

  /**
   * @param folder where its cache lies; made where it is not there
   * @param data folders with models and data
   * @param args further ones
   */
  constructor(
    redis: RedisServer,
    folder: string,
    data: readonly string[],
    slots: number,
    args: readonly string[] = [],
  ) {
    mkdirSync(folder, { recursive: true });
    const cache = join(folder, 'cache');
    this.#child = spawn(
      process.execPath,
      [
        ...[program, 'agent', '--broker', redis.url, '--provider', 'cpu', '--slots', String(slots)],
        ...data.flatMap((each) => ['--data', each]),
        ...['--cache', cache, ...args],
      ],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...redis.environment('agent') } },
    );
    living.add(this.#child);
    this.#child.once('exit', () => living.delete(this.#child));
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on('data', (chunk: Buffer) => (this.#printed += chunk.toString('utf8')));
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Resolves once it has printed what matches. @throws Error when it ends without it */
  async prints(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#printed)) {
      if (this.#child.exitCode !== null) throw new Error(`Expected ${pattern} of an agent, got ${this.#printed}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    await ended;
  }
}
