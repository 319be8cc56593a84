import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { observeGraph } from '../src/calibrate/observe-graph.js';
import { StatisticsAccumulator } from '../src/calibrate/statistics-accumulator.js';
import { openDataset } from '../src/data/open-dataset.js';
import { lossGraph } from '../src/evaluate/loss-graph.js';
import { searchGraph } from '../src/evaluate/search-graph.js';
import type { OnnxModel } from '../src/graph/onnx-model.js';
import { encodeModel } from '../src/graph/onnx-model.js';
import { prepareModel, type PreparedModel } from '../src/quantize/prepare-layers.js';
import { quantizedModel } from '../src/quantize/quantized-graph.js';
import { loadModel } from '../src/runtime/model-cache.js';
import { readModelFile } from '../src/runtime/model-file.js';
import { runBatches } from '../src/runtime/run-batches.js';
import { Session } from '../src/runtime/session.js';

const ROUNDS = 7;
const SAMPLES = 64;
const BATCH = 16;

const settings = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: 'all' } as const;
const path = fileURLToPath(new URL('../experiments/demo/bev-demo.onnx', import.meta.url));
const { sha256 } = readModelFile(path);
const { untouched, folded, layers: found, io } = loadModel({ path, sha256, input: null, output: null });
const layers = found.filter((l) => l.supported);
const dataset = await openDataset(
  { format: 'bevScenes', seed: 2, scenes: SAMPLES },
  { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 1, mean: null, std: null },
);
const range = { first: 0, count: SAMPLES, batchSize: BATCH };

const observe = observeGraph(folded, layers, ['channel']);
const statistics = new StatisticsAccumulator(observe.observed);
const observing = await Session.create(encodeModel(observe.model), io.input, settings);
await runBatches(observing, io, dataset, range, (outputs, _first, samples, fed) => {
  statistics.add(outputs, { samples, fed });
});
await observing.release();
const inputs = new Map(statistics.snapshot(1, SAMPLES).inputs.map((i) => [i.layer, i]));

function prepared(alpha: number): PreparedModel {
  return prepareModel(folded, layers, inputs, {
    quantization: {
      activation: { bits: 8, calibrator: 'max', percentile: 99.99, scheme: 'signed', narrowRange: false },
      weight: { bits: 8, granularity: 'channel', calibrator: 'max', scheme: 'signed', narrowRange: false },
      biasCorrection: { method: 'none', samples: 0 },
      execution: 'simulated',
    },
    smoothing: { mode: 'static', alpha, absmax: 'channel', apply: 'insert' },
    bits: new Map(),
    alphaOf: () => alpha,
  });
}

const quantized = quantizedModel(folded, prepared(0.5).layers);
const candidates = new Map([0.3, 0.4, 0.5, 0.6, 0.7].map((alpha) => [alpha, prepared(alpha)]));
const graphs: Readonly<Record<string, OnnxModel>> = {
  fp32: untouched,
  quantized,
  observe: observe.model,
  loss: lossGraph({ untouched, io }, quantized, prepared(0.5), ['accumulated']).model,
  'search of 5 candidates': searchGraph(untouched, candidates, 'l1').model,
};

const sessions = new Map<string, Session>();
for (const [name, graph] of Object.entries(graphs)) {
  sessions.set(name, await Session.create(encodeModel(graph), io.input, settings));
}
const times = new Map<string, number[]>([...sessions.keys()].map((name) => [name, []]));
for (let round = -1; round < ROUNDS; round++) {
  for (const [name, session] of sessions) {
    const start = performance.now();
    await runBatches(session, io, dataset, range, () => undefined);
    // The first round warms up.
    if (round >= 0) times.get(name)!.push(performance.now() - start);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const base = times.get('fp32')!;
const rows = [...times].map(([name, values]) => {
  const ratios = values.map((value, round) => value / base[round]!);
  return { name, ratio: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios), ms: median(values) };
});
const environment = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, rounds: ROUNDS };
console.log(
  `${SAMPLES} samples in batches of ${BATCH}, one thread; ${environment.cpu ?? '?'}, Node ${environment.node}`,
);
for (const { name, ratio, lowest, highest, ms } of rows) {
  const spread = `${lowest.toFixed(2)} .. ${highest.toFixed(2)}`;
  console.log(`${name.padEnd(24)} ${ratio.toFixed(2).padStart(6)} x fp32   (${spread})   ${ms.toFixed(0)} ms`);
}
const folder = new URL('results/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('passes.json', folder), `${JSON.stringify({ environment, rows }, null, 2)}\n`);
