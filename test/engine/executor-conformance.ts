import { basename } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  JobError,
  JobInterrupted,
  type Executor,
  type ExecutorRequest,
  type Work,
  type WorkEvents,
} from '../../src/engine/executor.js';
import type { ObserveJob } from '../../src/engine/jobs/observe/observe-job.js';
import { identifyInput } from '../../src/formats/input-identity.js';
import { stampFiles } from '../../src/formats/source-files.js';
import { runJob } from '../../src/engine/jobs/run-job.js';
import { npyArray } from '../formats/write-files.js';
import { observeJob, oneThread, temporaryFiles, writeModel, writeSamples } from './small-experiment.js';

/** Some seconds of work in single samples. */
const LONG = 400_000;

/** What every executor must do, whatever runs the jobs: the contract of `Executor`. */
export function describeExecutor(
  name: string,
  open: (request: ExecutorRequest) => Executor | Promise<Executor>,
  { tellsEveryStep = true, usesTheseFiles = true } = {},
): void {
  const write = temporaryFiles();
  const model = writeModel(write, 'N');
  const short = observeJob(model, writeSamples(write));
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
  const opened: Executor[] = [];
  const openOn = async (...devices: readonly string[]): Promise<Executor> => {
    const slots = devices.map((device) => ({ device, session: oneThread }));
    const { path, sha256 } = model;
    const inputs = [
      { kind: 'model', path, sha256, stamp: stampFiles([path]) } as const,
      await identifyInput(short.source),
      await identifyInput(long.source),
    ];
    const executor = await open({ slots, hangSeconds: 60, memoryMb: null, inputs });
    opened.push(executor);
    return executor;
  };
  const workOf = (job: ObserveJob, batchLimit: number | null = null): Work<'observe'> => ({
    key: 'stage',
    part: 'all',
    job,
    batchLimit,
  });
  /** Collects what is told, in order. */
  const listener = (): WorkEvents & { readonly told: string[] } => {
    const told: string[] = [];
    return {
      told,
      started: ({ device }) => void told.push(`started on ${device}`),
      progress: (done, total) => void told.push(`${done} of ${total}`),
    };
  };
  const silent: WorkEvents = { started: () => undefined, progress: () => undefined };
  const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((cause: unknown) => cause);
  /** Starts the long job and waits until it gets on; how it ends. */
  const atWork = async (executor: Executor, signal?: AbortSignal): Promise<{ readonly end: Promise<unknown> }> => {
    let end: Promise<unknown> = Promise.resolve();
    await new Promise<void>((resolve, reject) => {
      const progress = (): void => {
        resolve();
      };
      const running = executor.run<'observe'>(workOf(long), { ...silent, progress }, signal);
      running.catch(reject);
      end = outcome(running);
    });
    return { end };
  };

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((executor) => executor.close()));
  });

  describe(name, () => {
    it('runs a job to the same numbers as this process, bit for bit', async () => {
      const { value } = await (await openOn('cpu:0')).run<'observe'>(workOf(short), silent);
      const here = await runJob(short, oneThread, () => undefined);
      expect(value).toEqual(here.value);
    });

    it('tells one numerics class of its provider, whatever was asked for', async () => {
      const executor = await openOn('cpu:0');
      const first = await executor.numericsClass(null);
      expect(first).toMatch(/^cpu-[0-9a-f]{12}$/);
      expect(await executor.numericsClass(first)).toBe(first);
      const here = await runJob({ kind: 'numerics' }, oneThread, () => undefined);
      expect(here.value).toEqual({ numericsClass: first });
    });

    it('tells no numerics class once it is closed', async () => {
      const executor = await openOn('cpu:0');
      await executor.close();
      expect(await outcome(executor.numericsClass(null))).toBeInstanceOf(JobInterrupted);
    });

    it('tells where work begins, then how it gets on', async () => {
      const on = listener();
      await (await openOn('cpu:0')).run<'observe'>(workOf(short), on);
      const steps = ['3 of 15', '6 of 15', '9 of 15', '12 of 15', '15 of 15'];
      expect(on.told[0]).toBe('started on cpu:0');
      if (tellsEveryStep) expect(on.told.slice(1)).toEqual(steps);
      else expect(steps.filter((step) => on.told.includes(step))).toEqual(on.told.slice(1));
    });

    it.runIf(tellsEveryStep)('feeds no run more samples than the limit', async () => {
      const on = listener();
      await (await openOn('cpu:0')).run<'observe'>(workOf({ ...short, snapshots: [] }, 2), on);
      expect(on.told.slice(1, 4)).toEqual(['2 of 15', '4 of 15', '6 of 15']);
    });

    it("fails with the job's own class and words, and goes on", async () => {
      const executor = await openOn('cpu:0');
      const wrong = { ...short, model: { ...model, sha256: 'other' } };
      const error = await outcome(executor.run<'observe'>(workOf(wrong), silent));
      expect(error).toBeInstanceOf(JobError);
      expect((error as JobError).failure).toEqual({
        errorClass: 'InputChangedError',
        message: usesTheseFiles
          ? `${model.path}: the model changed during the sweep. Restore it, or run the experiment again.`
          : (expect.stringContaining(
              `${basename(model.path)}: the model changed during the sweep. Restore it, or run the experiment again.`,
            ) as unknown),
        retry: false,
      });
      expect((await executor.run<'observe'>(workOf(short), silent)).value).toHaveLength(3);
    });

    it('takes more work than it has capacity for, which waits, first come, first served', async () => {
      const executor = await openOn('cpu:0');
      await executor.numericsClass(null);
      expect(executor.window).toBeGreaterThanOrEqual(executor.capacity);
      const order: string[] = [];
      const on = (label: string): WorkEvents => ({ ...silent, started: () => void order.push(label) });
      const all = ['a', 'b', 'c'].map((label) => executor.run<'observe'>(workOf(short), on(label)));
      for (const { value } of await Promise.all(all)) expect(value).toHaveLength(3);
      expect(order).toEqual(['a', 'b', 'c']);
    });

    it('lets work begin only when `started` has settled', async () => {
      const told: string[] = [];
      await (
        await openOn('cpu:0')
      ).run<'observe'>(workOf(short), {
        started: async () => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          told.push('recorded');
        },
        progress: () => void told.push('progress'),
      });
      expect(told[0]).toBe('recorded');
      expect(told.filter((what) => what === 'recorded')).toHaveLength(1);
    });

    it('ends work with what `started` rejects with, and goes on', async () => {
      const executor = await openOn('cpu:0');
      const refusal = new Error('the store is full');
      const on = { ...silent, started: () => Promise.reject(refusal) };
      expect(await outcome(executor.run<'observe'>(workOf(short), on))).toBe(refusal);
      expect((await executor.run<'observe'>(workOf(short), silent)).value).toHaveLength(3);
    });

    it('stops the work of an aborted signal alone', async () => {
      const executor = await openOn('cpu:0');
      const stopping = new AbortController();
      const { end } = await atWork(executor, stopping.signal);
      const waiting = outcome(executor.run<'observe'>(workOf(short), silent, stopping.signal));
      const other = executor.run<'observe'>(workOf(short), silent);
      stopping.abort();
      expect(await end).toBeInstanceOf(JobInterrupted);
      expect(await waiting).toBeInstanceOf(JobInterrupted);
      expect((await other).value).toHaveLength(3);
    });

    it('begins nothing whose signal was aborted before', async () => {
      const on = listener();
      const error = await outcome((await openOn('cpu:0')).run<'observe'>(workOf(short), on, AbortSignal.abort()));
      expect(error).toBeInstanceOf(JobInterrupted);
      expect(on.told).toEqual([]);
    });

    it('interrupts what runs and what waits when it is closed, and takes nothing more', async () => {
      const executor = await openOn('cpu:0');
      const { end } = await atWork(executor);
      const waiting = outcome(executor.run<'observe'>(workOf(short), silent));
      await executor.close();
      expect(await end).toBeInstanceOf(JobInterrupted);
      expect(await waiting).toBeInstanceOf(JobInterrupted);
      expect(await outcome(executor.run<'observe'>(workOf(short), silent))).toBeInstanceOf(JobInterrupted);
      await executor.close();
    });
  });
}
