import { JobCaches } from '../src/engine/jobs/job-caches.js';
import { countedValues } from '../src/calibrate/histograms/channel-histogram.js';
import { observeGraph } from '../src/calibrate/observe-graph.js';
import { StatisticsAccumulator } from '../src/calibrate/statistics-accumulator.js';
import { openDataset } from '../src/formats/open-dataset.js';
import { encodeModel, type OnnxModel } from '../src/onnx/onnx-model.js';
import type { ObserveJob } from '../src/engine/jobs/observe/observe-job.js';
import { loadModel } from '../src/engine/session/load-model.js';
import { plainBatching } from '../src/engine/batching/batching.js';
import { runBatches } from '../src/engine/batching/run-batches.js';
import { runJob } from '../src/engine/jobs/run-job.js';
import { Session } from '../src/engine/session/session.js';
import type { JobResult } from '../src/engine/jobs/jobs.js';
import { encodeHistograms } from '../src/store/payload/histogram-payload.js';
import { childArguments, report, reportOf } from './measure/child-report.js';
import { sayEnvironment } from './measure/environment.js';
import { clocked, interleavedRounds, type Measured } from './measure/interleaved-rounds.js';
import { printRatios, ratiosOver } from './measure/ratios.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';
import { oneThread, subjects, type Subject } from './subjects.js';

const ROUNDS = bySize({ quick: 1, part: 3, full: 7 });
const SAMPLES = 64;
const BATCH = 8;
/** Samples of a batch where memory is measured: 1500 batches must fit the data. */
const SMALL_BATCH = 4;

/** Calibration sizes at which memory is measured. */
const SIZES = bySize({ quick: [20], part: [50, 400], full: [200, 1500] });

/** What a child that only observes says at its end. */
interface MemoryReport {
  readonly peakMb: number;
  readonly values: number;
  readonly packedBytes: number;
  readonly storedBytes: number;
}

async function timed({ model, source, preprocess }: Subject): Promise<Measured<number>> {
  const { untouched, folded, layers, io } = loadModel(model, new JobCaches());
  const dataset = await openDataset(source, preprocess);
  const supported = layers.filter((l) => l.supported);
  const range = { first: 0, count: SAMPLES, batchSize: BATCH };
  const pass = async (graph: OnnxModel, statistics: StatisticsAccumulator | null) => {
    const session = await Session.create(encodeModel(graph), io.input, oneThread);
    return () =>
      clocked(() =>
        runBatches(session, plainBatching(io), dataset, range, (outputs, { samples, rows }) => {
          statistics?.add(outputs, { samples, fed: rows });
        }),
      );
  };
  const observe = (histograms: boolean) => {
    const graph = observeGraph(folded, supported, ['channel'], histograms);
    return pass(graph.model, new StatisticsAccumulator(graph.observed));
  };
  const passes = new Map([
    ['fp32', await pass(untouched, null)],
    ['observe', await observe(false)],
    ['histograms, not counted', await pass(observeGraph(folded, supported, ['channel'], true).model, null)],
    ['histograms', await observe(true)],
  ]);
  const times = await interleavedRounds(passes, ROUNDS);
  dataset.close();
  return times;
}

/** Runs in a process of its own, so that the peak is that of this job alone. */
async function observeAndReport(subject: Subject, batches: number, histograms: boolean): Promise<MemoryReport> {
  const job: ObserveJob = {
    kind: 'observe',
    model: subject.model,
    preprocess: subject.preprocess,
    source: subject.source,
    sampleSeed: null,
    batchSize: SMALL_BATCH,
    firstBatch: 0,
    endBatch: batches,
    snapshots: [batches],
    methods: ['channel'],
    histograms: histograms ? [batches] : null,
    displaySamples: 0,
  };
  const { value } = (await runJob(job, oneThread, () => undefined)) as JobResult<'observe'>;
  const peakMb = process.resourceUsage().maxRSS / 1024;
  const kept = [...new Set(value.at(-1)!.inputs.flatMap((i) => (i.histograms === null ? [] : [i.histograms])))];
  const sum = (of: (h: (typeof kept)[number]) => number): number => kept.reduce((a, h) => a + of(h), 0);
  return {
    peakMb,
    values: sum(countedValues),
    packedBytes: sum((h) => h.positive.length + (h.negative?.length ?? 0)),
    storedBytes: sum((h) => encodeHistograms(h).length),
  };
}

const given = childArguments();
if (given === null) await measureAll();
else {
  const [name, batches, histograms] = given;
  const subject = subjects().find((s) => s.name === name)!;
  report(await observeAndReport(subject, Number(batches), histograms === 'true'));
}

async function measureAll(): Promise<void> {
  const environment = sayEnvironment(`Observing ${SAMPLES} samples in batches of ${BATCH}, one thread`);
  const rows: object[] = [];
  for (const subject of subjects()) {
    console.log(subject.name);
    const ratios = ratiosOver('fp32', await timed(subject));
    printRatios(ratios, 'fp32');
    rows.push(...ratios.map((row) => ({ subject: subject.name, ...row })));
    // The demo's scenes are too few for 1500 batches.
    if (subject.source.format === 'module') continue;
    for (const batches of SIZES) {
      for (const histograms of [false, true]) {
        const memory = await reportOf<MemoryReport>(
          import.meta.url,
          ...[subject.name, String(batches), String(histograms)],
        );
        rows.push({ subject: subject.name, batches, histograms, ...memory });
        const sizes = histograms
          ? `, ${memory.values} values in ${(memory.packedBytes / 1e6).toFixed(2)} MB, stored ${(memory.storedBytes / 1e6).toFixed(2)} MB`
          : '';
        console.log(
          `  ${batches} batches of ${SMALL_BATCH}, ${histograms ? 'with' : 'no'} histograms: peak ${memory.peakMb.toFixed(0)} MB${sizes}`,
        );
      }
    }
  }
  writeResult('observe', { environment, rounds: ROUNDS, rows });
}
