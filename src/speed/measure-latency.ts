import { totalmem } from 'node:os';
import { JobError, JobInterrupted, runOnce, type Executor, type OpenExecutor } from '../engine/executor.js';
import { QuantsweepError } from '../errors/quantsweep-error.js';
import type { LatencySettings } from '../experiment/sections/measure.js';
import { removeTemporary, temporaryFolder } from '../formats/io/scratch-folder.js';
import type { PlannedTrial } from '../plan/plan.js';
import { jobModel } from '../prepare/job-model.js';
import type { MeasuredSpeed, SpeedSurroundings } from './measured-speed.js';
import { removeCandidates, writeCandidate, type CandidateFile } from './candidate-files.js';
import { compareLatency } from './compare-latency.js';
import { fixedBatchOf } from './fixed-batch.js';
import { conditionText, HERE, missingLatency, type LatencyCondition, type LatencyWork } from './latency-work.js';
import { measuredTrials, runsHere } from './measured-trials.js';

/** Candidates whose sessions are kept at once, beside FP32's. */
const MOST_CANDIDATES = 8;

/** Bytes that a session takes for each byte of its model: as read, and packed for kernels. */
const SESSION_FACTOR = 3;

/** Share of this machine's memory that sessions kept at once may take. */
const MEMORY_SHARE = 0.25;

export interface LatencyOptions extends SpeedSurroundings {
  readonly settings: LatencySettings;
  readonly openExecutor: OpenExecutor;
  readonly hangSeconds: number;
}

/**
 * Times the exported models of chosen trials against FP32, in turn, in one child of this process,
 * while nothing else of the sweep runs. Each condition is stored when it has been measured; what
 * this machine has measured before in as many rounds is left alone.
 */
export async function measureLatency(options: LatencyOptions): Promise<MeasuredSpeed> {
  const { settings, plan, store, inputs, environment, signal } = options;
  const values = store.primaryValues(plan.trials.map(({ key }) => key));
  const chosen = measuredTrials(plan.trials.filter(runsHere), values, settings.trials);
  const stored = store.latencies(
    chosen.map(({ key }) => key),
    environment,
  );
  const { work, missing, cached } = missingLatency(chosen, settings, stored, (trial) => fixedBatchOf(trial, inputs));
  if (missing === 0) return { measured: 0, cached, failures: [], interrupted: false };
  const run = new LatencyRun(options);
  try {
    for (const each of work) await run.measure(each);
    return { measured: run.measured, cached, failures: run.failures, interrupted: false };
  } catch (cause) {
    if (!(cause instanceof JobInterrupted && signal.aborted)) throw cause;
    return { measured: run.measured, cached, failures: run.failures, interrupted: true };
  } finally {
    await run.close();
  }
}

class LatencyRun {
  readonly #options: LatencyOptions;
  readonly #executor: Executor;
  readonly #folder = temporaryFolder('latency');
  readonly failures: string[] = [];
  measured = 0;

  constructor(options: LatencyOptions) {
    this.#options = options;
    const session = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: 'all' } as const;
    this.#executor = options.openExecutor({
      slots: [{ device: 'cpu:0', session }],
      hangSeconds: options.hangSeconds,
      memoryMb: null,
      inputs: options.inputs.identities,
    });
  }

  /** @throws JobInterrupted when the sweep was stopped */
  async measure({ trials, conditions }: LatencyWork): Promise<void> {
    const left = [...trials];
    while (left.length > 0) {
      const files = this.#writeSome(left);
      try {
        for (const { trials: lacking, ...condition } of conditions) {
          const wanted = files.filter(({ trial }) => lacking.includes(trial));
          if (wanted.length > 0) await this.#timeTogether(wanted, condition);
        }
      } finally {
        removeCandidates(files);
      }
    }
  }

  async close(): Promise<void> {
    await this.#executor.close();
    removeTemporary(this.#folder);
  }

  /** Takes the first trials off, as many as fit into memory together, with their files. */
  #writeSome(left: PlannedTrial[]): readonly CandidateFile[] {
    const { readTrial, signal } = this.#options;
    const files: CandidateFile[] = [];
    const room = (totalmem() * MEMORY_SHARE) / SESSION_FACTOR;
    let bytes = 0;
    while (left.length > 0 && files.length < MOST_CANDIDATES && (files.length === 0 || bytes < room)) {
      if (signal.aborted) throw new JobInterrupted('The sweep was stopped.');
      const trial = left.shift()!;
      try {
        const file = writeCandidate(trial, readTrial(trial.key), this.#folder);
        files.push(file);
        bytes += file.bytes;
      } catch (cause) {
        if (!(cause instanceof QuantsweepError)) throw cause;
        this.failures.push(`${trial.label}: ${cause.message}`);
      }
    }
    return files;
  }

  /** Where a run of several fails, each half is tried again, down to the one that fails. */
  async #timeTogether(files: readonly CandidateFile[], condition: LatencyCondition): Promise<void> {
    try {
      await this.#time(files, condition);
    } catch (cause) {
      if (!(cause instanceof JobError)) throw cause;
      if (files.length === 1) {
        this.failures.push(`${files[0]!.trial.label}, ${conditionText(condition)}: ${cause.message}`);
        return;
      }
      const half = Math.ceil(files.length / 2);
      await this.#timeTogether(files.slice(0, half), condition);
      await this.#timeTogether(files.slice(half), condition);
    }
  }

  async #time(files: readonly CandidateFile[], condition: LatencyCondition): Promise<void> {
    const { settings, inputs, store, write, environment, signal, say } = this.#options;
    const { model, evaluation, preprocess, task } = files[0]!.trial.settings;
    const { rounds, warmup } = settings;
    const models = files.length === 1 ? files[0]!.trial.label : `${files.length} models`;
    say(
      `Measuring speed on ${environment.cpuModel}: FP32 and ${models} in turn, ${conditionText(condition)}, ${rounds} rounds`,
    );
    const { value } = await runOnce<'latency'>(
      this.#executor,
      {
        kind: 'latency',
        model: jobModel(model, inputs, task),
        ...{ preprocess, source: evaluation.source, rounds, warmup, ...condition },
        candidates: files.map(({ path }) => path),
      },
      signal,
    );
    const [fp32, ...timed] = value.models;
    const conditions = { device: HERE, threads: condition.threads, batchSize: value.batchSize };
    await write(() => {
      for (const [index, { trial }] of files.entries()) {
        const record = compareLatency(conditions, fp32!, timed[index]!);
        store.writeLatency({ trial: trial.key, fp32: trial.fp32Key, environment }, record);
      }
    });
    this.measured += files.length;
  }
}
