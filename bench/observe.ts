import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { countedValues } from '../src/calibrate/channel-histogram.js';
import { observeGraph } from '../src/calibrate/observe-graph.js';
import { StatisticsAccumulator } from '../src/calibrate/statistics-accumulator.js';
import { openDataset } from '../src/data/open-dataset.js';
import { encodeModel, type OnnxModel } from '../src/graph/onnx-model.js';
import type { ObserveJob } from '../src/runtime/jobs.js';
import { loadModel } from '../src/runtime/model-cache.js';
import { runBatches } from '../src/runtime/run-batches.js';
import { runJob } from '../src/runtime/run-job.js';
import { Session } from '../src/runtime/session.js';
import type { JobResult } from '../src/runtime/jobs.js';
import { encodeHistograms } from '../src/store/histogram-blob.js';
import { oneThread, subjects, type Subject } from './subjects.js';

const ROUNDS = 7;
const SAMPLES = 64;
const BATCH = 8;
/** Samples of a batch where memory is measured: 1500 batches must fit the data. */
const SMALL_BATCH = 4;

/** What a child that only observes says at its end. */
interface MemoryReport {
  readonly peakMb: number;
  readonly values: number;
  readonly packedBytes: number;
  readonly storedBytes: number;
}

async function timed({ model, source, preprocess }: Subject): Promise<ReadonlyMap<string, readonly number[]>> {
  const { untouched, folded, layers, io } = loadModel(model);
  const dataset = await openDataset(source, preprocess);
  const supported = layers.filter((l) => l.supported);
  const range = { first: 0, count: SAMPLES, batchSize: BATCH };
  const pass = async (graph: OnnxModel, statistics: StatisticsAccumulator | null) => {
    const session = await Session.create(encodeModel(graph), io.input, oneThread);
    return () =>
      runBatches(session, io, dataset, range, (outputs, _first, samples, fed) => {
        statistics?.add(outputs, { samples, fed });
      });
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
  const times = new Map([...passes.keys()].map((name) => [name, [] as number[]]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, run] of passes) {
      const start = performance.now();
      await run();
      // The first round warms up.
      if (round >= 0) times.get(name)!.push(performance.now() - start);
    }
  }
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

function inChild(subject: string, batches: number, histograms: boolean): Promise<MemoryReport> {
  const child = fork(fileURLToPath(import.meta.url), ['child', subject, String(batches), String(histograms)]);
  return new Promise((resolve, reject) => {
    child.on('message', (report) => {
      resolve(report as MemoryReport);
    });
    child.on('exit', (code) => {
      reject(new Error(`Expected a report of ${subject}, got exit code ${code}.`));
    });
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

if (process.argv[2] === 'child') {
  const [, , , name, batches, histograms] = process.argv;
  const subject = subjects().find((s) => s.name === name)!;
  process.send!(await observeAndReport(subject, Number(batches), histograms === 'true'));
  process.disconnect();
} else {
  const environment = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, rounds: ROUNDS };
  console.log(
    `${SAMPLES} samples in batches of ${BATCH}, one thread; ${environment.cpu ?? '?'}, Node ${environment.node}`,
  );
  const rows: object[] = [];
  for (const subject of subjects()) {
    console.log(subject.name);
    const times = await timed(subject);
    const base = times.get('fp32')!;
    for (const [name, values] of times) {
      const ratios = values.map((value, round) => value / base[round]!);
      const row = {
        ratio: median(ratios),
        lowest: Math.min(...ratios),
        highest: Math.max(...ratios),
        ms: median(values),
      };
      rows.push({ subject: subject.name, name, ...row });
      const spread = `${row.lowest.toFixed(2)} .. ${row.highest.toFixed(2)}`;
      console.log(
        `  ${name.padEnd(24)} ${row.ratio.toFixed(2).padStart(6)} x fp32   (${spread})   ${row.ms.toFixed(0)} ms`,
      );
    }
    // The demo's scenes are too few for 1500 batches.
    if (subject.source.format === 'bevScenes') continue;
    for (const batches of [200, 1500]) {
      for (const histograms of [false, true]) {
        const report = await inChild(subject.name, batches, histograms);
        rows.push({ subject: subject.name, batches, histograms, ...report });
        const sizes = histograms
          ? `, ${report.values} values in ${(report.packedBytes / 1e6).toFixed(2)} MB, stored ${(report.storedBytes / 1e6).toFixed(2)} MB`
          : '';
        console.log(
          `  ${batches} batches of ${SMALL_BATCH}, ${histograms ? 'with' : 'no'} histograms: peak ${report.peakMb.toFixed(0)} MB${sizes}`,
        );
      }
    }
  }
  const folder = new URL('results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('observe.json', folder), `${JSON.stringify({ environment, rows }, null, 2)}\n`);
}
