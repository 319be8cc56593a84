import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Slot } from '../../../src/engine/slot.js';
import { WorkerPool, type PoolOptions } from '../../../src/engine/local/worker-pool.js';
import { JobError, JobInterrupted } from '../../../src/engine/executor.js';
import { scratchFolder } from '../../../src/formats/io/scratch-folder.js';
import type { TrialRecord } from '../../../src/records/trial-record.js';
import { npyArray } from '../../formats/write-files.js';
import { observeJob, oneThread, temporaryFiles, trialJob, writeModel, writeSamples } from '../small-experiment.js';

const compiled = new URL('../../../dist/engine/local/', import.meta.url);
const write = temporaryFiles();
const model = writeModel(write, 'N');
const short = observeJob(model, writeSamples(write));

/** Some seconds of work in single samples. */
const LONG = 400_000;
const long = observeJob(
  model,
  {
    format: 'npy',
    path: write('long.npy', npyArray('|u1', [LONG, 3, 6, 6], new Uint8Array(LONG * 108))),
    labels: null,
    groundTruth: null,
  },
  { batchSize: 1, endBatch: LONG, snapshots: [] },
);
const slot = (device: string): Slot => ({ device, session: oneThread });

/** The real child, which also leaves its process id in a file. */
const pidFile = write('pid', '');
const entry = pathToFileURL(
  write(
    'entry.mjs',
    `import { writeFileSync } from 'node:fs';
     writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));
     await import(${JSON.stringify(new URL('worker-main.js', compiled).href)});`,
  ),
);
const childPid = (): number => Number(readFileSync(pidFile, 'utf8'));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // An orphan that nobody has collected yet is a zombie: it has ended.
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !readFileSync(stat, 'utf8').includes(') Z ');
}

async function untilEnded(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

const pools: WorkerPool[] = [];
function pool(...devices: string[]): WorkerPool {
  return watched({}, ...devices);
}

function watched(options: Partial<PoolOptions>, ...devices: string[]): WorkerPool {
  const made = new WorkerPool(devices.map(slot), entry, { hangSeconds: 60, memoryMb: null, inputs: [], ...options });
  pools.push(made);
  return made;
}

/** Starts the long job and waits for its first sign of progress. */
async function startLong(on: WorkerPool, index = 0): Promise<{ readonly job: Promise<unknown> }> {
  let job: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    job = on.run<'observe'>(index, long, () => {
      resolve();
    });
    job.catch(reject);
  });
  return { job };
}

beforeAll(() => {
  if (!existsSync(new URL('worker-main.js', compiled))) {
    throw new Error(`Expected the compiled child at ${fileURLToPath(compiled)}, got nothing. Run npm run build first.`);
  }
});

afterEach(async () => {
  await Promise.all(pools.splice(0).map((p) => p.close()));
});

describe('WorkerPool', () => {
  it('runs jobs one after another in the same child', async () => {
    const workers = pool('cpu:0');
    const { value, execution } = await workers.run<'probe'>(0, { kind: 'probe' });
    expect(execution.provider).toBe('CPUExecutionProvider');
    expect(value.onnxruntimeVersion).toMatch(/^\d+\./);
    const first = childPid();
    const records = (await workers.run<'observe'>(0, short)).value;
    expect(records.map((r) => r.batches)).toEqual([1, 2, 5]);
    expect(records[0]!.inputs[0]!.absmax).toBeInstanceOf(Float64Array);
    expect(childPid()).toBe(first);
  });

  it('gives large fields to its children through files, which go with it', async () => {
    const workers = pool('cpu:0');
    const [observation] = (await workers.run<'observe'>(0, short)).value.slice(-1);
    const numbers = new Float64Array(2 ** 18);
    const layer = { layer: 'first', groups: 1, columns: 27, blockColumns: 27, means: numbers, nonZeroShares: numbers };
    const job = trialJob(model, short.source, observation!);
    const large = { ...job, moments: { samples: 8, layers: [{ ...layer, products: numbers }] } };
    const plain = (await workers.run<'trial'>(0, job)).value;
    const folders = (): readonly string[] => readdirSync(scratchFolder()).filter((name) => name.startsWith('fields-'));
    expect(folders()).toEqual([]);
    for (let i = 0; i < 2; i++) {
      const { predictedLosses, ...rest } = (await workers.run<'trial'>(0, large)).value as TrialRecord;
      expect(rest).toEqual(plain);
      // The moments came with it.
      expect(predictedLosses).toHaveLength(1);
    }
    expect(folders()).toHaveLength(1);
    expect(readdirSync(join(scratchFolder(), folders()[0]!))).toHaveLength(1);
    await workers.close();
    expect(folders()).toEqual([]);
  });

  it('passes progress on', async () => {
    const seen: number[] = [];
    await pool('cpu:0').run<'observe'>(0, short, (done) => seen.push(done));
    expect(seen).toEqual([3, 6, 9, 12, 15]);
  });

  it("fails a job in the child's own words and keeps the slot usable", async () => {
    const workers = pool('cpu:0');
    const failing = workers.run<'observe'>(0, { ...short, model: { ...model, sha256: 'other' } });
    const error = await failing.catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(JobError);
    expect((error as JobError).failure).toEqual({
      errorClass: 'InputChangedError',
      message: `${model.path}: the model changed during the sweep. Restore it, or run the experiment again.`,
      retry: false,
    });
    expect((await workers.run<'observe'>(0, short)).value).toHaveLength(3);
  });

  it('fails the job of a child that is killed, worth another attempt, and starts a new child', async () => {
    const workers = pool('cpu:0');
    const { job } = await startLong(workers);
    expect(workers.idleSlot()).toBeNull();
    const killed = childPid();
    process.kill(killed, 'SIGKILL');
    const error = await job.catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(JobError);
    expect((error as JobError).failure).toEqual({
      errorClass: 'WorkerDied',
      message: 'The child process on cpu:0 was ended by SIGKILL.',
      retry: true,
    });
    expect(workers.idleSlot()).toBe(0);
    expect((await workers.run<'observe'>(0, short)).value).toHaveLength(3);
    expect(childPid()).not.toBe(killed);
  });

  it('kills a child that is stopped, after hangSeconds without a beat, and starts a new one', async () => {
    // A machine under load makes a healthy child silent for seconds.
    const workers = watched({ hangSeconds: 10 }, 'cpu:0');
    const { job } = await startLong(workers);
    const stopped = childPid();
    process.kill(stopped, 'SIGSTOP');
    const error = await job.catch((cause: unknown) => cause);
    expect((error as JobError).failure).toEqual({
      errorClass: 'WorkerHung',
      message: 'The child process on cpu:0 gave no sign of life for 10 s (run.hangSeconds) and was killed.',
      retry: true,
    });
    await untilEnded(stopped);
    expect((await workers.run<'observe'>(0, short)).value).toHaveLength(3);
  });

  it('kills a child that uses more memory than allowed', async () => {
    // Less than any process takes.
    const workers = watched({ memoryMb: 1 }, 'cpu:0');
    const error = await workers.run<'observe'>(0, long).catch((cause: unknown) => cause);
    expect((error as JobError).failure).toMatchObject({
      errorClass: 'OutOfMemory',
      message: expect.stringMatching(
        /^The child process on cpu:0 used \d+ MiB of memory; run.memoryMb allows 1\.$/,
      ) as string,
      retry: true,
      smallerBatches: true,
    });
  });

  it('replaces a child that died between two jobs', async () => {
    const workers = pool('cpu:0');
    await workers.run<'probe'>(0, { kind: 'probe' });
    const idle = childPid();
    process.kill(idle, 'SIGKILL');
    await untilEnded(idle);
    // Whether the pool has already heard of it or not: at worst the first attempt is lost.
    const attempt = () => workers.run<'probe'>(0, { kind: 'probe' });
    const first = await attempt().catch((cause: unknown) => cause);
    if (first instanceof JobError) expect(first.failure.retry).toBe(true);
    else expect(first).not.toBeInstanceOf(Error);
    expect((await attempt()).execution.provider).toBe('CPUExecutionProvider');
  });

  it('gives the last words of a child that can not even start', async () => {
    const broken = new WorkerPool(
      [slot('cpu:0')],
      pathToFileURL(write('broken.mjs', 'throw new Error("no such thing");')),
    );
    pools.push(broken);
    const error = await broken.run<'probe'>(0, { kind: 'probe' }).catch((cause: unknown) => cause);
    expect((error as JobError).failure).toMatchObject({ errorClass: 'WorkerDied', retry: true });
    expect((error as JobError).message).toContain('no such thing');
  });

  it('interrupts running jobs when it is closed, and leaves no child behind', async () => {
    const workers = pool('cpu:0');
    const { job } = await startLong(workers);
    const pid = childPid();
    const ended = expect(job).rejects.toThrow(JobInterrupted);
    await workers.close();
    await ended;
    expect(isAlive(pid)).toBe(false);
    await expect(workers.run<'probe'>(0, { kind: 'probe' })).rejects.toThrow(JobInterrupted);
  });

  it('keeps other slots at work when one loses its child', async () => {
    const workers = pool('cpu:0', 'cpu:1');
    const { job } = await startLong(workers, 0);
    const pid = childPid();
    expect(workers.idleSlot()).toBe(1);
    const other = workers.run<'observe'>(1, short);
    process.kill(pid, 'SIGKILL');
    await expect(job).rejects.toThrow('on cpu:0');
    expect((await other).value).toHaveLength(3);
  });

  it('leaves Ctrl-C to the parent', async () => {
    const workers = pool('cpu:0');
    await workers.run<'probe'>(0, { kind: 'probe' });
    const pid = childPid();
    process.kill(pid, 'SIGINT');
    expect((await workers.run<'observe'>(0, short)).value).toHaveLength(3);
    expect(childPid()).toBe(pid);
  });

  it('tells the end of what its children write, by slot', async () => {
    const heard = new Map<string, string>();
    const onLog = (place: string, text: string): void => void heard.set(place, text);
    const chatty = pathToFileURL(
      write(
        'chatty.mjs',
        `console.log('out');
         process.stderr.write('\\u001b[33merror\\u001b[0m without a line end');
         await import(${JSON.stringify(new URL('worker-main.js', compiled).href)});`,
      ),
    );
    const options = { hangSeconds: 60, memoryMb: null, inputs: [], onLog };
    const workers = new WorkerPool([slot('cuda:0'), slot('cuda:0')], chatty, options);
    pools.push(workers);
    await Promise.all([0, 1].map((index) => workers.run<'probe'>(index, { kind: 'probe' })));
    while (heard.size < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    expect([...heard.keys()].sort()).toEqual(['cuda:0', 'cuda:0/2']);
    expect(heard.get('cuda:0')!.split('\n').sort()).toEqual(['error without a line end', 'out']);
    const { job } = await startLong(workers, 1);
    job.catch(() => undefined);
    await workers.interrupt(1);
    await workers.close();
    // It was asked to end.
    expect(heard.get('cuda:0/2')).not.toContain('the process');
  });

  it('tells in the log how a child ended', async () => {
    const heard: string[] = [];
    const workers = watched({ onLog: (_, text) => void heard.push(text) }, 'cpu:0');
    const { job } = await startLong(workers);
    process.kill(childPid(), 'SIGKILL');
    await job.catch(() => undefined);
    await workers.close();
    expect(heard).toEqual(['[the process was ended by SIGKILL]']);
  });

  it('keeps little of a child that floods its log, which goes on with its job', async () => {
    const heard: string[] = [];
    const onLog = (_: string, text: string): void => void heard.push(text);
    const flooding = pathToFileURL(
      write(
        'flooding.mjs',
        `for (let line = 0; line < 200000; line++) console.log(line + ' ' + 'x'.repeat(200));
         console.error('the end');
         await import(${JSON.stringify(new URL('worker-main.js', compiled).href)});`,
      ),
    );
    const workers = new WorkerPool([slot('cpu:0')], flooding, { hangSeconds: 60, memoryMb: null, inputs: [], onLog });
    pools.push(workers);
    await workers.run<'probe'>(0, { kind: 'probe' });
    await workers.close();
    expect(heard.length).toBeGreaterThan(0);
    expect(Math.max(...heard.map((text) => text.length))).toBeLessThanOrEqual(4000);
  });

  it('refuses a second job on a busy slot', async () => {
    const workers = pool('cpu:0');
    const running = workers.run<'observe'>(0, short);
    expect(() => workers.run<'probe'>(0, { kind: 'probe' })).toThrow('slot cpu:0 already runs a job');
    await running;
  });
});

describe('a child', () => {
  it('ends when its parent is killed in the middle of a job', async () => {
    const script = write(
      'parent.mjs',
      `import { WorkerPool } from ${JSON.stringify(new URL('worker-pool.js', compiled).href)};
       const pool = new WorkerPool([${JSON.stringify(slot('cpu:0'))}], new URL(${JSON.stringify(entry.href)}));
       let seen = false;
       await pool.run(0, ${JSON.stringify(long)}, () => { if (!seen) console.log('at work'); seen = true; });`,
    );
    const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      parent.stdout.once('data', () => {
        resolve();
      });
      parent.once('exit', () => {
        reject(new Error('The parent ended before its child was at work.'));
      });
    });
    const child = childPid();
    expect(isAlive(child)).toBe(true);
    parent.kill('SIGKILL');
    await untilEnded(child);
  });
});
