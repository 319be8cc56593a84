import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { Running, type Ended } from '../cli/command-line.js';

/** One run of the sweep with something done to it. */
export interface Round {
  readonly folder: string;
  readonly experiment: string;
  /** Repeatable, in [0, 1). */
  readonly random: () => number;
  /** About how long an undisturbed run takes, in milliseconds. */
  readonly durationMs: number;
}

/** What a fault is, and how the program may end under it. */
export interface Fault {
  readonly name: string;
  readonly run: (round: Round) => Promise<Ended>;
  /** Exit codes that are right; null: ended by the signal. */
  readonly codes: readonly (number | null)[];
  /**
   * True where smaller batches may follow, which change the last digits of losses (sums in another
   * order).
   */
  readonly rounds?: boolean;
  /** Silence after which a child is taken to hang; 60 by default. */
  readonly hangSeconds?: number;
}

/** Processes that have the given one as parent. */
export function childrenOf(pid: number): number[] {
  const list = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  return list
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child);
}

function start({ folder, experiment }: Round, ...more: readonly string[]): Running {
  return new Running(['run', experiment, ...more], folder);
}

/** Waits for a random moment of the run; false where it ended before. */
async function atRandomMoment(running: Running, { random, durationMs }: Round): Promise<boolean> {
  await Promise.race([pause(random() * durationMs), running.ended]);
  return running.child.exitCode === null && running.child.signalCode === null;
}

/** Sends a signal to the program at a random moment, and again after a while where asked for. */
function signalled(name: string, signals: readonly NodeJS.Signals[], codes: Fault['codes']): Fault {
  return {
    name,
    codes,
    run: async (round) => {
      const running = start(round);
      for (const signal of signals) {
        if (await atRandomMoment(running, round)) running.child.kill(signal);
        round = { ...round, durationMs: 60 };
      }
      return running.ended;
    },
  };
}

/** Sends a signal to one of the children at a random moment. */
function childSignalled(name: string, signal: NodeJS.Signals): Fault {
  return {
    name,
    codes: [0],
    run: async (round) => {
      const running = start(round);
      if (await atRandomMoment(running, round)) {
        const children = childrenOf(running.child.pid!);
        const victim = children[Math.floor(round.random() * children.length)];
        if (victim !== undefined) sendQuietly(victim, signal);
      }
      return running.ended;
    },
  };
}

function sendQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in between.
  }
}

/**
 * The least that may be allowed: whether that is enough is the machine's own, and the next run goes
 * on without it.
 */
const neverEnoughMemory: Fault = {
  name: 'children may use little memory',
  rounds: true,
  codes: [0, 1],
  run: (round) => start(round, '--set', 'run.memoryMb=64', '--set', 'run.retries=0').ended,
};

/**
 * Children tell of more memory than they may use, whatever they do use, at some of their beats:
 * from a random one on, twice a run. Both may be of one piece of work, whose batches of 4 samples
 * bear that.
 */
const outOfMemory: Fault = {
  name: 'a child uses more memory than it may',
  rounds: true,
  codes: [0],
  run: (round) => {
    const tells = join(round.folder, 'tells.cjs');
    const told = join(round.folder, `told-${Math.floor(round.random() * 1e9)}`);
    writeFileSync(
      tells,
      `const { mkdirSync } = require('node:fs');
       const real = process.memoryUsage;
       const first = ${Math.floor(round.random() * 6)};
       let beats = 0;
       process.memoryUsage = Object.assign(() => real(), { rss: () => (isOver() ? 2 ** 50 : real.rss()) });
       function isOver() {
         if (beats++ < first) return false;
         for (const time of [1, 2]) {
           try {
             mkdirSync(${JSON.stringify(told)} + time);
             return true;
           } catch {}
         }
         return false;
       }`,
    );
    return new Running(['run', round.experiment, '--set', 'run.memoryMb=1000000'], round.folder, {
      // Required, not imported: that is what threads of children, which beat, are started with as
      // well.
      env: { NODE_OPTIONS: `--require ${tells}` },
    }).ended;
  },
};

/**
 * Writing stops at a size that the run reaches: RLIMIT_FSIZE, of which a full disk differs by its
 * code alone.
 */
const sizeLimit: Fault = {
  name: 'the database reaches a size limit',
  codes: [0, 1],
  run: (round) => {
    const blocks = Math.floor(20 + round.random() * 1500);
    return new Running(['run', round.experiment], round.folder, { shell: `ulimit -f ${blocks}` }).ended;
  },
};

/**
 * A real full disk: a file system of its own, so small that the database does not fit. Needs the
 * right to mount.
 */
const fullDisk: Fault = {
  name: 'the disk is full',
  codes: [0, 1],
  run: async ({ folder, experiment, random }) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${Math.floor(24 + random() * 900)}k`, 'quantsweep', disk]);
    try {
      const full = await new Running(['run', experiment, '--set', 'run.database=disk/quantsweep.db'], folder).ended;
      if (full.code !== 0) {
        execFileSync('mount', ['-o', 'remount,size=64m', disk]);
        const resumed = await new Running(['run', experiment, '--set', 'run.database=disk/quantsweep.db'], folder)
          .ended;
        if (resumed.code !== 0) return resumed;
      }
      copyFileSync(join(disk, 'quantsweep.db'), join(folder, 'quantsweep.db'));
      return { ...full, code: 0, stdout: `${full.stdout}(first exit code ${full.code})` };
    } finally {
      execFileSync('umount', [disk]);
    }
  },
};

/** True where this process may mount file systems. */
export function canMount(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'quantsweep', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const lockedElsewhere: Fault = {
  name: 'another program holds the database for a while',
  codes: [0, 1],
  run: async (round) => {
    const running = start(round);
    const path = join(round.folder, 'quantsweep.db');
    if ((await atRandomMoment(running, round)) && existsSync(path)) {
      const other = new Database(path);
      try {
        other.exec('BEGIN IMMEDIATE');
        await pause(200 + round.random() * 1500);
        other.exec('ROLLBACK');
      } catch {
        // The run was writing: it goes first.
      } finally {
        other.close();
      }
    }
    return running.ended;
  },
};

const twoRuns: Fault = {
  name: 'two runs on one database',
  codes: [0],
  run: async (round) => {
    const first = start(round);
    await pause(round.random() * round.durationMs);
    const second = await start(round).ended;
    const ended = await first.ended;
    return second.code === 0 ? ended : second;
  },
};

/** Date.now() falls back by up to a day at a random moment, in the program and in its children. */
const clockJump: Fault = {
  name: 'the clock jumps backwards',
  codes: [0],
  run: (round) => {
    const clock = join(round.folder, 'clock.mjs');
    writeFileSync(
      clock,
      `const real = Date.now; const start = performance.now();
       Date.now = () => real() - (performance.now() - start > ${Math.floor(round.random() * round.durationMs)} ? ${Math.floor(round.random() * 8.64e7)} : 0);
       const Real = Date;
       globalThis.Date = class extends Real { constructor(...given) { if (given.length === 0) super(Real.now()); else super(...given); } };`,
    );
    return new Running(['run', round.experiment], round.folder, {
      env: { NODE_OPTIONS: `--import ${pathToFileURL(clock).href}` },
    }).ended;
  },
};

/** The model gets a byte more at a random moment and is what it was again before the next round. */
const modelChanges: Fault = {
  name: 'the model changes and comes back',
  codes: [0, 2],
  run: async (round) => {
    const model = join(round.folder, 'model.onnx');
    const bytes = readFileSync(model);
    const running = start(round);
    if (await atRandomMoment(running, round)) writeFileSync(model, Buffer.concat([bytes, Buffer.from([0])]));
    const ended = await running.ended;
    writeFileSync(model, bytes);
    return ended;
  },
};

/** Every fault of the suite. */
export const faults: readonly Fault[] = [
  signalled('kill -9 of the program', ['SIGKILL'], [0, null]),
  signalled('SIGTERM', ['SIGTERM'], [0, 130, null]),
  signalled('Ctrl-C', ['SIGINT'], [0, 130, null]),
  signalled('Ctrl-C twice', ['SIGINT', 'SIGINT'], [0, 130, null]),
  childSignalled('kill -9 of a child', 'SIGKILL'),
  { ...childSignalled('a child hangs (SIGSTOP)', 'SIGSTOP'), hangSeconds: 15 },
  neverEnoughMemory,
  outOfMemory,
  sizeLimit,
  fullDisk,
  lockedElsewhere,
  twoRuns,
  clockJump,
  modelChanges,
];

/** Removes a sweep's database with all that belongs to it. */
export function removeDatabase(folder: string): void {
  for (const end of ['', '-wal', '-shm', '.lock', '.lock-journal']) {
    rmSync(join(folder, `quantsweep.db${end}`), { force: true });
  }
}
