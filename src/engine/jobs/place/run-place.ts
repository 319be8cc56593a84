import { withoutMoments } from '../../../experiment/sections/quantization.js';
import { fixedBatchSize } from '../../../onnx/model-io.js';
import type { OnnxModel } from '../../../onnx/onnx-model.js';
import { splitModel } from '../../../onnx/split-model.js';
import type { TrialSettings } from '../../../plan/plan.js';
import { deployableModel } from '../../../quantize/graph/deployable-model.js';
import { selectLayers } from '../../../quantize/select-layers.js';
import { LATENCY_RATIO, type KeepTryRecord, type PairedRatio } from '../../../records/keep-record.js';
import { medianInterval } from '../../../statistics/median-interval.js';
import { readModelFile } from '../../session/model-file.js';
import { Session, type SessionSettings } from '../../session/session.js';
import type { JobContext } from '../job-context.js';
import type { JobResult } from '../jobs.js';
import { feedRows, type Fed } from '../latency/feed-rows.js';
import { timeRounds, type Rounds } from '../latency/time-rounds.js';
import { openTrial, type OpenedTrial } from '../trial/phases/open-trial.js';
import { prepareTrial } from '../trial/phases/prepare-trial.js';
import { layerGraph } from './layer-graph.js';
import { layerSurplus } from './layer-surplus.js';
import type { PlaceJob } from './place-job.js';
import { profileLayers } from './profile-layers.js';
import { MOST_TRIES, searchPlacement, type SpeedTry, type TimedSet, type Timing } from './search-placement.js';

/** Rounds of each timing that do not count, and how many may. */
const WARMUP = 3;
const LEAST_ROUNDS = 30;
const MOST_ROUNDS = 200;

/** Rounds that count take about so long, between least and most. */
const TIMING_MS = 4000;

/**
 * Searches on the machine that runs this: every set of layers in float becomes the model that
 * `export` would write of it, in sessions of a user who sets no option but the number of threads.
 * Sessions are made anew for each timing: two of the same model may differ, by where their memory
 * lies.
 */
export async function runPlace(job: PlaceJob, context: JobContext): Promise<JobResult<'place'>> {
  const { tries, chosen } = await new Placing(job, context).search();
  return {
    value: tries.map((each) => recordOf(each, each === chosen)),
    execution: { provider: 'CPUExecutionProvider', timings: context.clock.timings },
  };
}

function recordOf({ layers, timed }: SpeedTry, chosen: boolean): KeepTryRecord {
  const { againstFp32, againstAll, allAgainstFp32 } = timed;
  return {
    ...{ layers, metric: LATENCY_RATIO, value: againstFp32, loss: againstFp32 - allAgainstFp32, chosen },
    againstAll: layers.length === 0 ? null : againstAll,
  };
}

/** Which integers a weight has is of no matter to its speed. */
function roundedToNearest(settings: TrialSettings): TrialSettings {
  const { quantization } = settings;
  return quantization === null ? settings : { ...settings, quantization: withoutMoments(quantization) };
}

/** One search. */
class Placing {
  readonly #job: PlaceJob;
  readonly #context: JobContext;
  readonly #settings: SessionSettings;
  #timings = 0;

  constructor(job: PlaceJob, context: JobContext) {
    this.#job = job;
    this.#context = context;
    this.#settings = {
      ...{ provider: 'cpu', deviceId: 0, threads: job.threads, optimizationLevel: 'all', fuseQuantized: true },
    };
  }

  async search(): ReturnType<typeof searchPlacement> {
    const { model: own, settings, observation, batchSize } = this.#job;
    const opened = await openTrial(
      {
        ...{ kind: 'trial', model: own, settings: roundedToNearest(settings), observation, moments: null },
        ...{ alphas: null, keptFloat: [], referenceArgmax: null, stop: null },
      },
      this.#context,
    );
    const { model, dataset } = opened;
    const fed = await feedRows(model.io, dataset, fixedBatchSize(model.io) ?? batchSize);
    const layers = selectLayers(model.layers, opened.settings.layers);
    const float = await this.#profiled(model.folded, opened, fed);
    const timing: Timing = {
      surplus: async (inFloat) => {
        const integer = await this.#profiled(await this.#deployed(opened, inFloat), opened, fed);
        return layerSurplus(integer, float);
      },
      measure: (sets, best) => this.#measure(opened, fed, sets, best),
    };
    return searchPlacement(layerGraph(model.folded, layers), timing);
  }

  #profiled(model: OnnxModel, { model: { layers, io } }: OpenedTrial, fed: Fed): ReturnType<typeof profileLayers> {
    const supported = layers.filter((layer) => layer.supported);
    return this.#context.clock.measure('profile', () => profileLayers(model, supported, io, fed, this.#settings));
  }

  async #deployed(opened: OpenedTrial, keptFloat: readonly string[]): Promise<OnnxModel> {
    const { prepared } = await prepareTrial({ ...opened, job: { ...opened.job, keptFloat } });
    return this.#context.clock.measure('prepare', () => deployableModel(prepared, 'integer'));
  }

  /** FP32, every layer quantized, the best set and others, in the same rounds. */
  async #measure(
    opened: OpenedTrial,
    fed: Fed,
    sets: readonly (readonly string[])[],
    best: readonly string[],
  ): Promise<readonly TimedSet[]> {
    const { io } = opened.model;
    const isAll = (set: readonly string[]): boolean => set.length === 0;
    const timedSets = [[], ...[best, ...sets].filter((set) => !isAll(set))];
    const sessions: Session[] = [];
    try {
      const open = async (model: OnnxModel): Promise<void> => {
        const session = await this.#context.clock.measure('session', () =>
          Session.create(splitModel(model, null), io.input, this.#settings),
        );
        sessions.push(session);
      };
      await open(readModelFile(opened.job.model.path).model);
      for (const set of timedSets) await open(await this.#deployed(opened, set));
      const runs = sessions.map((session) => session.prepareRun(fed.batch, fed.further));
      const timed = await this.#context.clock.measure('rounds', () => this.#timeRounds(runs));
      const [fp32, ...times] = timed.map(({ wallMs }) => wallMs);
      const timesOf = (set: readonly string[]): readonly number[] => times[timedSets.lastIndexOf(set)] ?? times[0]!;
      const all = times[0]!;
      return sets.map((set) => ({
        againstFp32: pairedRatio(timesOf(set), fp32!).ratio,
        againstAll: pairedRatio(timesOf(set), all),
        againstBest: pairedRatio(timesOf(set), timesOf(best)),
        allAgainstFp32: pairedRatio(all, fp32!).ratio,
      }));
    } finally {
      for (const session of sessions) await session.release();
    }
  }

  /** `[runs]` of wall times, the more rounds the shorter they are. */
  async #timeRounds(runs: readonly (() => Promise<void>)[]): Promise<Rounds['timed']> {
    const start = performance.now();
    await timeRounds(runs, { rounds: 0, warmup: WARMUP }, () => undefined);
    const roundMs = (performance.now() - start) / WARMUP;
    const rounds = Math.round(Math.min(MOST_ROUNDS, Math.max(LEAST_ROUNDS, TIMING_MS / roundMs)));
    const { timed } = await timeRounds(runs, { rounds, warmup: 0 }, (done) => {
      this.#report(done / rounds);
    });
    this.#timings += 1;
    return timed;
  }

  /** How many timings there will be is not known: as if every set were timed alone. */
  #report(share: number): void {
    const total = MOST_TRIES + 1;
    this.#context.report(Math.min(total, this.#timings + share), total);
  }
}

function pairedRatio(own: readonly number[], other: readonly number[]): PairedRatio {
  const { median: ratio, low, high } = medianInterval(own.map((ms, round) => ms / other[round]!));
  return { ratio, low, high };
}
