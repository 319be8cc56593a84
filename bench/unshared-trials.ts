import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { localEngine } from '../src/engine/local/local-engine.js';
import { localExecutor } from '../src/engine/local/local-executor.js';
import { JobCaches } from '../src/engine/jobs/job-caches.js';
import type { ObservationRecord } from '../src/records/observation-record.js';
import { encodeModel } from '../src/onnx/onnx-model.js';
import type { PlannedTrial, SearchStage } from '../src/plan/plan.js';
import { smoothedModel } from '../src/quantize/graph/quantized-graph.js';
import type { Job, JobResult } from '../src/engine/jobs/jobs.js';
import type { ObserveJob } from '../src/engine/jobs/observe/observe-job.js';
import { loadModel } from '../src/engine/session/load-model.js';
import { readModelFile } from '../src/engine/session/model-file.js';
import { runJob } from '../src/engine/jobs/run-job.js';
import { prepareSweep, type PreparedSweep } from '../src/prepare/prepare-sweep.js';
import { loadExperiment } from '../src/api/load-experiment.js';
import { chooseAlphas, searchParts } from '../src/schedule/stage-parts.js';
import { jobModel } from '../src/prepare/job-model.js';
import { childArguments, report } from './measure/child-report.js';
import { clocked } from './measure/interleaved-rounds.js';
import { prepareTrial } from './prepare-trial.js';

/** Milliseconds of one trial that shares nothing with others. */
export interface UnsharedTrial {
  readonly mode: string;
  readonly batches: number;
  /** A pass over the calibration batches, for the ranges of channels that smoothing needs. */
  readonly observe: number;
  /** Alphas of all candidates, where they are searched; else 0. */
  readonly search: number;
  /**
   * A second pass over the same batches, through the smoothed model, for the ranges of its
   * quantizers.
   */
  readonly calibrate: number;
  /** Gate, evaluation and losses. */
  readonly evaluate: number;
}

export interface UnsharedReport {
  /** The FP32 pass over the evaluation samples. */
  readonly reference: number;
  readonly trials: readonly UnsharedTrial[];
}

/**
 * Runs some trials of a sweep one after the other in this process, with all cores in one session.
 */
class UnsharedProcedure {
  readonly #session = {
    provider: 'cpu',
    deviceId: 0,
    threads: availableParallelism(),
    optimizationLevel: 'all',
  } as const;
  readonly #folder = mkdtempSync(join(tmpdir(), 'quantsweep-unshared-'));

  constructor(readonly sweep: PreparedSweep) {}

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  async reference(): Promise<number> {
    const { settings } = this.sweep.plan.trials.find((trial) => trial.settings.role === 'fp32')!;
    const samples = this.sweep.inputs.sampleCount(settings.evaluation.source);
    const count = settings.evaluation.samples === 'all' ? samples : Math.min(samples, settings.evaluation.samples);
    const { model, preprocess, evaluation, task } = settings;
    return clocked(() =>
      this.#run({
        kind: 'reference',
        model: jobModel(model, this.sweep.inputs),
        ...{ preprocess, evaluation, task, first: 0, count, samples: count },
      }),
    );
  }

  async trial(trial: PlannedTrial): Promise<UnsharedTrial> {
    const { settings } = trial;
    const model = jobModel(settings.model, this.sweep.inputs);
    const { batches } = settings.calibration!;
    let observation: ObservationRecord | null = null;
    const observe = await clocked(async () => (observation = await this.#observe(trial, model)));
    let alphas: ReadonlyMap<string, number> | null = null;
    const search =
      trial.searchKey === null ? 0 : await clocked(async () => (alphas = await this.#search(trial, observation!)));
    const calibrate = await clocked(async () => {
      const { base, layers } = prepareTrial(settings, loadModel(model, new JobCaches()), observation!, alphas);
      const path = join(this.#folder, 'smoothed.onnx');
      writeFileSync(path, encodeModel(smoothedModel(base, layers)));
      await this.#observe(trial, { ...model, path, sha256: readModelFile(path).sha256 });
    });
    const evaluate = await clocked(() =>
      this.#run({
        kind: 'trial',
        ...{
          model,
          settings,
          observation: observation!,
          moments: null,
          alphas,
          keptFloat: [],
          referenceArgmax: null,
          stop: null,
        },
      }),
    );
    return { mode: settings.smoothing.mode, batches, observe, search, calibrate, evaluate };
  }

  async #observe({ settings }: PlannedTrial, model: ObserveJob['model']): Promise<ObservationRecord> {
    const { source, sampleSeed, batchSize, batches } = settings.calibration!;
    const { value } = await this.#run({
      kind: 'observe',
      ...{ model, preprocess: settings.preprocess, source, sampleSeed, batchSize, firstBatch: 0, endBatch: batches },
      ...{ snapshots: [batches], methods: ['channel'], histograms: null, displaySamples: 0 },
    });
    return value.at(-1)!;
  }

  async #search({ searchKey, settings }: PlannedTrial, observation: ObservationRecord) {
    const { plan, inputs } = this.sweep;
    const stage = plan.stages.find((s): s is SearchStage => s.kind === 'search' && s.key === searchKey)!;
    const model = jobModel(settings.model, inputs);
    const parts = searchParts(stage, model, observation, inputs.models.get(model.path)!.sizeBytes);
    const results = [];
    for (const { job } of parts) results.push((await this.#run(job)).value);
    return chooseAlphas(results, stage.search.ties).alphas;
  }

  async #run<K extends Job['kind']>(job: Extract<Job, { kind: K }>): Promise<JobResult<K>> {
    // The result of a job is of the job's kind.
    return (await runJob(job, this.#session, () => undefined)) as JobResult<K>;
  }
}

/**
 * The first trial of each kind that costs differently: static at each calibration size, dynamic at
 * the smallest.
 */
function typicalTrials(trials: readonly PlannedTrial[]): readonly PlannedTrial[] {
  const sizes = [...new Set(trials.flatMap(({ settings }) => settings.calibration?.batches ?? []))];
  const find = (mode: string, batches: number): PlannedTrial =>
    trials.find(({ settings }) => settings.smoothing.mode === mode && settings.calibration?.batches === batches)!;
  return [...sizes.map((batches) => find('static', batches)), find('dynamic', Math.min(...sizes))];
}

const given = childArguments();
if (given !== null) {
  const [file, ...overrides] = given;
  const open = localExecutor(new URL('../dist/engine/local/worker-main.js', import.meta.url));
  const sweep = await prepareSweep(loadExperiment(file!, { set: overrides }), {
    engine: localEngine(open),
    code: { use: 'run', allowed: false },
  });
  await sweep.executor.close();
  const procedure = new UnsharedProcedure(sweep);
  const reference = await procedure.reference();
  const trials: UnsharedTrial[] = [];
  for (const trial of typicalTrials(procedure.sweep.plan.trials)) trials.push(await procedure.trial(trial));
  procedure.close();
  report({ reference, trials } satisfies UnsharedReport);
}
