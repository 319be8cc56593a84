import { fileURLToPath } from 'node:url';
import { JobCaches } from '../src/engine/jobs/job-caches.js';
import { observeGraph } from '../src/calibrate/observe-graph.js';
import { StatisticsAccumulator } from '../src/calibrate/statistics-accumulator.js';
import { openDataset } from '../src/formats/open-dataset.js';
import { lossGraph } from '../src/losses/loss-graph.js';
import { searchGraph } from '../src/losses/search-graph.js';
import type { OnnxModel } from '../src/onnx/onnx-model.js';
import { encodeModel } from '../src/onnx/onnx-model.js';
import { prepareModel, type PreparedModel } from '../src/quantize/prepare-layers.js';
import { quantizedModel } from '../src/quantize/graph/quantized-graph.js';
import { loadModel } from '../src/engine/session/load-model.js';
import { readModelFile } from '../src/engine/session/model-file.js';
import { plainBatching } from '../src/engine/batching/batching.js';
import { runBatches } from '../src/engine/batching/run-batches.js';
import { Session } from '../src/engine/session/session.js';
import { sayEnvironment } from './measure/environment.js';
import { clocked, interleavedRounds } from './measure/interleaved-rounds.js';
import { printRatios, ratiosOver } from './measure/ratios.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';
import { oneThread as settings } from './subjects.js';

const ROUNDS = bySize({ quick: 2, part: 7, full: 15 });
const SAMPLES = 64;
const BATCH = 16;

const path = fileURLToPath(new URL('../experiments/demo/bev-demo.onnx', import.meta.url));
const { sha256 } = readModelFile(path);
const {
  untouched,
  folded,
  layers: found,
  io,
} = loadModel({ path, sha256, input: null, output: null }, new JobCaches());
const layers = found.filter((l) => l.supported);
const dataset = await openDataset(
  {
    format: 'module',
    path: fileURLToPath(new URL('../experiments/demo/scenes/dataset.mjs', import.meta.url)),
    options: { seed: 2, scenes: SAMPLES },
  },
  { layout: 'channelsFirst', channelOrder: 'keep', divideBy: 1, mean: null, std: null },
);
const range = { first: 0, count: SAMPLES, batchSize: BATCH };

const observe = observeGraph(folded, layers, ['channel']);
const statistics = new StatisticsAccumulator(observe.observed);
const observing = await Session.create(encodeModel(observe.model), io.input, settings);
await runBatches(observing, plainBatching(io), dataset, range, (outputs, { samples, rows }) => {
  statistics.add(outputs, { samples, fed: rows });
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

const environment = sayEnvironment(
  `Passes over ${SAMPLES} scenes of the demo model in batches of ${BATCH}, one thread`,
);
const passes = new Map<string, () => Promise<number>>();
for (const [name, graph] of Object.entries(graphs)) {
  const session = await Session.create(encodeModel(graph), io.input, settings);
  passes.set(name, () => clocked(() => runBatches(session, plainBatching(io), dataset, range, () => undefined)));
}
const rows = ratiosOver('fp32', await interleavedRounds(passes, ROUNDS));
printRatios(rows, 'fp32');
writeResult('passes', { environment, rounds: ROUNDS, samples: SAMPLES, rows });
