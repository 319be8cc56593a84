import type { ChildProcess } from 'node:child_process';
import { Running, type Ended } from '../cli/command-line.js';
import { endsWithParent } from '../support/ends-with-parent.js';
import { childrenOf } from '../faults/faults.js';

/** Processes of this test that may still run. */
const living = new Set<BrokerProcess>();
process.on('exit', () => {
  for (const each of living) each.signalAll('SIGKILL');
});

/**
 * The real program as an agent or a coordinator, with the children that compute for it. To freeze
 * or kill it is to do so to the machine that it stands for.
 */
export class BrokerProcess {
  readonly #running: Running;
  /** Stopped with the program; they outlive it when it is killed while it is frozen. */
  #frozen: readonly number[] = [];

  constructor(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>) {
    this.#running = new Running(args, cwd, { env, launcher: endsWithParent });
    living.add(this);
    void this.#running.ended.then(() => living.delete(this));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get #child(): ChildProcess {
    return this.#running.child;
  }

  /** What it has printed so far. */
  get output(): string {
    return this.#running.stdout + this.#running.stderr;
  }

  get exit(): Promise<Ended> {
    return this.#running.ended;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /**
   * Waits until it has printed what matches, `times` times in all. Fails when it ends without it.
   */
  async prints(pattern: RegExp, times = 1): Promise<void> {
    const all = new RegExp(pattern, `${pattern.flags.replace('g', '')}g`);
    const isPrinted = (): boolean => (this.output.match(all)?.length ?? 0) >= times;
    while (!isPrinted()) {
      if (!this.isRunning) {
        const { code } = await this.exit;
        if (isPrinted()) return;
        throw new Error(`Expected ${pattern} to be printed; the program ended with ${code}:\n${this.output}`);
      }
      await this.#more();
    }
  }

  /** Waits until more is printed, or the program ends. */
  #more(): Promise<void> {
    const { stdout, stderr } = this.#child;
    return new Promise((resolve) => {
      const done = (): void => {
        stdout!.off('data', done);
        stderr!.off('data', done);
        this.#child.off('exit', done);
        resolve();
      };
      stdout!.on('data', done);
      stderr!.on('data', done);
      this.#child.on('exit', done);
    });
  }

  /** Its children and theirs, that compute. */
  descendants(): readonly number[] {
    const of = (pid: number): readonly number[] => childrenOf(pid).flatMap((child) => [child, ...of(child)]);
    return this.isRunning ? of(this.pid) : [];
  }

  /** The program alone: its children notice, as on a machine where a person kills it. */
  async kill(signal: NodeJS.Signals): Promise<Ended> {
    this.#child.kill(signal);
    if (signal === 'SIGKILL') this.#signalFrozen('SIGKILL');
    return this.exit;
  }

  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Stops the machine's clock: the program and all its children. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
    this.#frozen = this.descendants();
    this.#signalFrozen('SIGSTOP');
  }

  thaw(): void {
    this.#signalFrozen('SIGCONT');
    this.#frozen = [];
    this.#child.kill('SIGCONT');
  }

  /** Power off: the program and its children at once. */
  async end(): Promise<void> {
    this.signalAll('SIGKILL');
    await this.exit;
  }

  /** @internal */
  signalAll(signal: NodeJS.Signals): void {
    const children = [...this.descendants(), ...this.#frozen];
    this.#child.kill(signal);
    for (const pid of children) signalQuietly(pid, signal);
  }

  #signalFrozen(signal: NodeJS.Signals): void {
    for (const pid of this.#frozen) signalQuietly(pid, signal);
  }
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in between.
  }
}
