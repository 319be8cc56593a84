import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inputSizes, inputSizesGraph } from '../src/calibrate/moments/input-sizes.js';
import { momentsGraph } from '../src/calibrate/moments/moments-graph.js';
import { MomentsAccumulator } from '../src/calibrate/moments/moments-accumulator.js';
import { plainBatching } from '../src/engine/batching/batching.js';
import { runBatches } from '../src/engine/batching/run-batches.js';
import { JobCaches } from '../src/engine/jobs/job-caches.js';
import { loadModel } from '../src/engine/session/load-model.js';
import { readModelFile } from '../src/engine/session/model-file.js';
import { Session } from '../src/engine/session/session.js';
import { openDataset } from '../src/formats/open-dataset.js';
import { encodeModel } from '../src/onnx/onnx-model.js';
import { childArguments, report, reportOf } from './measure/child-report.js';
import { sayEnvironment } from './measure/environment.js';
import { clocked, interleavedRounds } from './measure/interleaved-rounds.js';
import { printRatios, ratiosOver } from './measure/ratios.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';
import { SEED_BATCH, writeSeedData, writeSeedModel } from './seed-graph.js';
import { oneThread, subjects, type Subject } from './subjects.js';

const ROUNDS = bySize({ quick: 1, part: 3, full: 7 });
/** Samples of a pass, and of one of its runs, by default. */
const SAMPLES = 256;
const BATCH = 64;
const SEED_SAMPLES = bySize({ quick: 1, part: 2, full: 4 }) * SEED_BATCH;
const SEED = 'seed';

interface Work {
  readonly subject: Subject;
  readonly samples: number;
  readonly batch: number;
}

/** A pass over the samples, and what releases its session. */
async function passOf({ subject, samples, batch }: Work, moments: boolean): Promise<() => Promise<number>> {
  const { untouched, folded, layers, io } = loadModel(subject.model, new JobCaches());
  const dataset = await openDataset(subject.source, subject.preprocess);
  const supported = layers.filter((l) => l.supported);
  const range = { first: 0, count: samples, batchSize: batch };
  const sizing = inputSizesGraph(folded, supported);
  const sizer = await Session.create(encodeModel(sizing.model), io.input, oneThread);
  let sizes: ReadonlyMap<string, readonly number[]> = new Map();
  await runBatches(sizer, plainBatching(io), dataset, { ...range, count: 1 }, (outputs) => {
    sizes = inputSizes(sizing, outputs);
  });
  await sizer.release();
  const graph = moments ? momentsGraph(folded, supported, { sizes }) : null;
  const session = await Session.create(encodeModel(graph?.model ?? untouched), io.input, oneThread);
  return () =>
    clocked(async () => {
      const accumulator = graph === null ? null : new MomentsAccumulator(graph);
      await runBatches(session, plainBatching(io), dataset, range, (outputs, run) => {
        accumulator?.add(outputs, { samples: run.samples, fed: run.rows });
      });
      accumulator?.snapshot();
    });
}

function workOn(folder: string): readonly Work[] {
  const path = join(folder, 'seed.onnx');
  const seed: Subject = {
    name: SEED,
    model: { path, sha256: readModelFile(path).sha256, input: null, output: null },
    source: { format: 'npy', path: join(folder, 'samples.npy'), labels: null, groundTruth: null },
    preprocess: { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 1, mean: null, std: null },
  };
  return [
    ...subjects().map((subject) => ({ subject, samples: SAMPLES, batch: BATCH })),
    { subject: seed, samples: SEED_SAMPLES, batch: SEED_BATCH },
  ];
}

const given = childArguments();
if (given === null) await measureAll();
else {
  const [folder, name, moments] = given;
  const work = workOn(folder!).find(({ subject }) => subject.name === name)!;
  await (
    await passOf(work, moments === 'true')
  )();
  report({ peakMb: process.resourceUsage().maxRSS / 1024 });
}

async function measureAll(): Promise<void> {
  const environment = sayEnvironment(`Second moments of ${SAMPLES} samples in runs of ${BATCH}, one thread`);
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-moments-'));
  writeSeedModel(join(folder, 'seed.onnx'));
  await writeSeedData(join(folder, 'samples.npy'), join(folder, 'truth.json'), SEED_SAMPLES);
  const rows: object[] = [];
  // First: a process starts with the peak of the one that it was forked from.
  for (const { subject } of workOn(folder)) {
    for (const moments of [false, true]) {
      const { peakMb } = await reportOf<{ peakMb: number }>(import.meta.url, folder, subject.name, String(moments));
      console.log(`${subject.name}: peak of a process, ${moments ? 'moments' : 'fp32'}: ${peakMb.toFixed(0)} MB`);
      rows.push({ subject: subject.name, moments, peakMb });
    }
  }
  for (const work of workOn(folder)) {
    const { name } = work.subject;
    console.log(name);
    const passes = new Map([
      ['fp32', await passOf(work, false)],
      ['moments', await passOf(work, true)],
    ]);
    const ratios = ratiosOver('fp32', await interleavedRounds(passes, ROUNDS));
    printRatios(ratios, 'fp32');
    rows.push(...ratios.map((row) => ({ subject: name, ...row })));
  }
  rmSync(folder, { recursive: true });
  writeResult('moments', { environment, rounds: ROUNDS, rows });
}
