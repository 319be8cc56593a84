import { JobCaches } from '../src/engine/jobs/job-caches.js';
import type { ObservationRecord } from '../src/records/observation-record.js';
import type { SearchSettings } from '../src/experiment/sections/settings.js';
import type { JobResult } from '../src/engine/jobs/jobs.js';
import type { SearchJob } from '../src/engine/jobs/search/search-job.js';
import type { SearchStage } from '../src/plan/plan.js';
import { openDataset } from '../src/formats/open-dataset.js';
import { encodeModel } from '../src/onnx/onnx-model.js';
import { loadModel } from '../src/engine/session/load-model.js';
import { plainBatching } from '../src/engine/batching/batching.js';
import { runBatches } from '../src/engine/batching/run-batches.js';
import { Session } from '../src/engine/session/session.js';
import { readModelFile } from '../src/engine/session/model-file.js';
import { runJob } from '../src/engine/jobs/run-job.js';
import { searchParts } from '../src/schedule/stage-parts.js';
import { sayEnvironment } from './measure/environment.js';
import { clocked, interleavedRounds } from './measure/interleaved-rounds.js';
import { printRatios, ratiosOver } from './measure/ratios.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';
import { oneThread, subjects, type Subject } from './subjects.js';

const ROUNDS = bySize({ quick: 1, part: 2, full: 3 });
const SAMPLES = bySize({ quick: 16, part: 128, full: 256 });
const BATCH = 16;
const candidates = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);
const FP32 = 'fp32';
const PARTS = 'parts of 5 candidates';
const ALONE = `${candidates.length} passes of one candidate`;

const run = <K extends 'observe' | 'search'>(job: Parameters<typeof runJob>[0]): Promise<JobResult<K>> =>
  // The result of a job is of the job's kind.
  runJob(job, oneThread, () => undefined) as Promise<JobResult<K>>;

async function observed({ model, source, preprocess }: Subject): Promise<ObservationRecord> {
  const batches = Math.ceil(SAMPLES / BATCH);
  const { value } = await run<'observe'>({
    kind: 'observe',
    ...{ model, source, preprocess, sampleSeed: null, batchSize: BATCH, firstBatch: 0, endBatch: batches },
    ...{ snapshots: [batches], methods: ['channel'], histograms: null, displaySamples: 0 },
  });
  return value.at(-1)!;
}

/** The stage of a dynamic trial with settings as they are by default. */
function stageOf({ model, source, preprocess }: Subject): SearchStage {
  const search: SearchSettings = {
    ...{ candidates, samples: SAMPLES, objective: 'l1', order: 'isolated', ties: 'smaller', sweeps: 0 },
  };
  return {
    kind: 'search',
    key: 'search',
    observeKey: 'observe',
    ...{ model, preprocess, search },
    calibration: { source, batchSize: BATCH, batches: Math.ceil(SAMPLES / BATCH), sampleSeed: null },
    layers: {
      ...{ ops: ['Conv'], include: ['*'], exclude: [], rules: [], sensitivity: 'none', focus: '*', keepFloat: 0 },
    },
    quantization: {
      activation: { bits: 8, calibrator: 'max', percentile: 99.99, scheme: 'signed', narrowRange: false },
      weight: { bits: 8, granularity: 'channel', calibrator: 'max', scheme: 'signed', narrowRange: false },
      biasCorrection: { method: 'none', samples: 0 },
      execution: 'simulated',
    },
    smoothing: { mode: 'dynamic', alpha: null, absmax: 'channel', apply: 'insert' },
    task: { kind: 'classification' },
  };
}

async function measure(subject: Subject): Promise<object> {
  const { model, source, preprocess } = subject;
  const observation = await observed(subject);
  const stage = stageOf(subject);
  const parts = searchParts(stage, model, observation, readModelFile(model.path).sizeBytes).map(({ job }) => job);
  const [anyPart] = parts;
  const alone = candidates.map((candidate): SearchJob => ({ ...anyPart!, candidates: [candidate] }));
  const all = (jobs: readonly SearchJob[]) => () =>
    clocked(async () => {
      for (const job of jobs) await run(job);
    });
  const { untouched, io } = loadModel(model, new JobCaches());
  const dataset = await openDataset(source, preprocess);
  const session = await Session.create(encodeModel(untouched), io.input, oneThread);
  const range = { first: 0, count: SAMPLES, batchSize: BATCH };
  const costs = await interleavedRounds(
    new Map([
      [PARTS, all(parts)],
      [ALONE, all(alone)],
      [FP32, () => clocked(() => runBatches(session, plainBatching(io), dataset, range, () => undefined))],
    ]),
    ROUNDS,
    // Every search makes its sessions anew, so that none is warm; model and code are, from
    // observing.
    0,
  );
  dataset.close();
  await session.release();
  const [overFp32, overParts] = [ratiosOver(FP32, costs), ratiosOver(PARTS, costs)];
  console.log(subject.name);
  printRatios(overFp32, FP32);
  const apart = overParts.find(({ name }) => name === ALONE)!;
  console.log(
    `  ${ALONE} over ${PARTS}: ${apart.ratio.toFixed(2)} (${apart.lowest.toFixed(2)} .. ${apart.highest.toFixed(2)})`,
  );
  return { subject: subject.name, parts: parts.map((part) => part.candidates.length), overFp32, overParts };
}

const environment = sayEnvironment(
  `Search of ${candidates.length} alphas for all layers on ${SAMPLES} samples, one thread: as the stage does it, and candidate by candidate`,
);
const results: object[] = [];
for (const subject of subjects()) results.push(await measure(subject));
writeResult('search', { environment, rounds: ROUNDS, samples: SAMPLES, results });
