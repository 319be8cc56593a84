import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobKind } from '../../src/engine/jobs/jobs.js';
import { until } from './until.js';

/** What an agent asks of its machine before it takes work. */
const agentsOwn: ReadonlySet<string> = new Set(['numerics', 'probe']);

const preload = fileURLToPath(new URL('machine.cjs', import.meta.url));

/** A job of a sweep that an agent's child was given. */
export interface ExecutedJob {
  readonly what: 'began' | 'finished';
  readonly kind: JobKind;
  /** Hash of what it is about: the same for the same work on every machine. */
  readonly about: string;
  /** Files and folders that it names. */
  readonly paths: readonly string[];
}

/**
 * The machine of an agent: it can hold work in the middle, and compute or call itself as another
 * would. It tells which jobs its children ran. The agent on it is the real one.
 */
export class Machine {
  readonly env: Readonly<Record<string, string>>;

  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true });
    this.env = { NODE_OPTIONS: `--require ${preload}`, QUANTSWEEP_TEST_MACHINE: folder };
  }

  /** From the next run of a session on, work of sweeps stands still, until it is released. */
  hold(): void {
    rmSync(join(this.folder, 'held'), { force: true });
    writeFileSync(join(this.folder, 'hold'), '');
  }

  /** Resolves with the child that stands still. */
  async held(): Promise<number> {
    const path = join(this.folder, 'held');
    await until(() => existsSync(path) && readFileSync(path, 'utf8') !== '');
    return Number(readFileSync(path, 'utf8'));
  }

  release(): void {
    rmSync(join(this.folder, 'hold'), { force: true });
  }

  /** Before the agent starts: results differ in their last bits, as with other instructions. */
  roundsDifferently(): this {
    writeFileSync(join(this.folder, 'rounding'), '');
    return this;
  }

  /** From the next run of a session on; the agent itself starts all the same. */
  losesItsDevice(): void {
    writeFileSync(join(this.folder, 'device-lost'), '');
  }

  /** Before the agent starts. */
  hasOnnxruntime(version: string): this {
    writeFileSync(join(this.folder, 'onnxruntime'), version);
    return this;
  }

  /** The sweep's jobs that its children were given so far, in order. */
  jobs(): readonly ExecutedJob[] {
    const path = join(this.folder, 'jobs');
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as ExecutedJob).filter(({ kind }) => !agentsOwn.has(kind));
  }

  /** Jobs that began again. */
  repeatedJobs(): readonly ExecutedJob[] {
    const seen = new Set<string>();
    return this.jobs().filter(({ what, kind, about }) => {
      if (what !== 'began') return false;
      const isKnown = seen.has(`${kind} ${about}`);
      seen.add(`${kind} ${about}`);
      return isKnown;
    });
  }

  /** Resolves when none of its children is there. */
  async hasNoChildren(): Promise<void> {
    await until(() => this.#children().every((pid) => !isAlive(pid)));
  }

  #children(): readonly number[] {
    return readdirSync(this.folder).flatMap((name) => {
      const pid = /^child-(\d+)$/.exec(name)?.[1];
      return pid === undefined ? [] : [Number(pid)];
    });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
