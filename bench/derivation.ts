import { JobCaches } from '../src/engine/jobs/job-caches.js';
import { calibrateInput, type CalibratorOptions } from '../src/calibrate/calibrators/calibrate-input.js';
import { entropyAmax } from '../src/calibrate/calibrators/entropy-calibrator.js';
import { mseAmax } from '../src/calibrate/calibrators/mse-calibrator.js';
import { observeGraph } from '../src/calibrate/observe-graph.js';
import { percentileAmax } from '../src/calibrate/calibrators/percentile-calibrator.js';
import { CALIBRATION_BINS } from '../src/calibrate/histograms/smoothed-histogram.js';
import { StatisticsAccumulator } from '../src/calibrate/statistics-accumulator.js';
import { openDataset } from '../src/formats/open-dataset.js';
import type { InputStatistics } from '../src/records/observation-record.js';
import type { Layer } from '../src/onnx/layers/layers.js';
import { encodeModel } from '../src/onnx/onnx-model.js';
import { elementCount, readFloatTensor } from '../src/onnx/tensor.js';
import { loadModel } from '../src/engine/session/load-model.js';
import { plainBatching } from '../src/engine/batching/batching.js';
import { runBatches } from '../src/engine/batching/run-batches.js';
import { Session, type FloatTensor } from '../src/engine/session/session.js';
import { noSmoothing, smoothingFactors } from '../src/smooth/smoothing-factors.js';
import { perInputChannelAbsmax } from '../src/smooth/weight-absmax.js';
import { sayEnvironment } from './measure/environment.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';
import { mean } from './measure/spread.js';
import { oneThread, subjects, type Subject } from './subjects.js';

const SAMPLES = bySize({ quick: 16, part: 128, full: 256 });
const calibrators = ['percentile', 'entropy', 'mse'] as const;
const alphas = [null, 0.15, 0.5, 0.85] as const;

/** numpy's histogram of |x/s| of all values, from a second look at them. */
function countDirectly(layer: Layer, { data, dims }: FloatTensor, s: Float32Array, high: number): Float64Array {
  const axis = layer.inputRank === null ? dims.length - 1 : 1;
  const inner = elementCount(dims.slice(axis + 1));
  const counts = new Float64Array(CALIBRATION_BINS);
  for (let i = 0; i < data.length; i++) {
    const smoothed = Math.abs(data[i]!) / s[Math.floor(i / inner) % s.length]!;
    counts[Math.min(CALIBRATION_BINS - 1, Math.floor((smoothed / high) * CALIBRATION_BINS))]! += 1;
  }
  return counts;
}

function directAmax(calibrator: CalibratorOptions['calibrator'], counts: Float64Array, high: number): number {
  const histogram = { counts, high };
  switch (calibrator) {
    case 'max':
      return high;
    case 'percentile':
      return percentileAmax(
        histogram,
        0.9999,
        0,
        counts.reduce((a, b) => a + b),
      );
    case 'entropy':
      return entropyAmax(histogram, 128);
    case 'mse':
      return mseAmax(histogram, 127);
  }
}

/** Mean squared error of quantization to 8 bits, signed, at the centres of the bins. */
function quantizationError(counts: Float64Array, high: number, amax: number): number {
  const scale = amax / 127;
  let sum = 0;
  for (const [bin, count] of counts.entries()) {
    const center = ((bin + 0.5) * high) / CALIBRATION_BINS;
    sum += count * (Math.min(127, Math.round(center / scale)) * scale - center) ** 2;
  }
  return sum;
}

/** Statistics of each layer's input, and the values themselves, of one run. */
async function observe({ model, source, preprocess }: Subject) {
  const { folded, layers, io } = loadModel(model, new JobCaches());
  const graph = observeGraph(
    folded,
    layers.filter((l) => l.supported),
    ['channel'],
    true,
  );
  const statistics = new StatisticsAccumulator(graph.observed);
  const values = new Map<string, FloatTensor>();
  const session = await Session.create(encodeModel(graph.model), io.input, oneThread);
  const dataset = await openDataset(source, preprocess);
  await runBatches(
    session,
    plainBatching(io),
    dataset,
    { first: 0, count: SAMPLES, batchSize: SAMPLES },
    (outputs, { samples, rows }) => {
      statistics.add(outputs, { samples, fed: rows });
      for (const { values: name, layers: readers } of graph.observed) {
        for (const layer of readers) values.set(layer.name, outputs[name!]!);
      }
    },
  );
  dataset.close();
  await session.release();
  const inputs = new Map(statistics.snapshot(1, SAMPLES).inputs.map((i) => [i.layer, i]));
  return graph.observed.flatMap(({ layers: readers }) =>
    readers.map((layer) => ({ layer, inputs: inputs.get(layer.name)!, values: values.get(layer.name)! })),
  );
}

function factors(layer: Layer, inputs: InputStatistics, alpha: number | null): Float32Array {
  if (alpha === null) return noSmoothing(layer.inputChannels).s;
  return smoothingFactors(inputs.absmax, perInputChannelAbsmax(readFloatTensor(layer.weight), layer.layout), alpha).s;
}

const environment = sayEnvironment(
  `amax derived from histograms of x, over that of a second pass over x/s; ${SAMPLES} samples, signed, 8 bits`,
);
const rows: object[] = [];
for (const subject of subjects()) {
  const observed = await observe(subject);
  for (const alpha of alphas) {
    for (const calibrator of calibrators) {
      const differences = observed.map(({ layer, inputs, values }) => {
        const s = factors(layer, inputs, alpha);
        const options = { calibrator, percentile: 99.99, bits: 8, signed: true, symmetric: true } as const;
        const high = calibrateInput(inputs, s, { ...options, calibrator: 'max' }).high;
        if (high === 0) return { amax: 0, error: 1 };
        const counts = countDirectly(layer, values, s, high);
        const direct = directAmax(calibrator, counts, high);
        const derived = calibrateInput(inputs, s, options).high;
        const error = quantizationError(counts, high, derived) / quantizationError(counts, high, direct);
        return { amax: Math.abs(derived / direct - 1), error };
      });
      const row = {
        ...{ subject: subject.name, alpha, calibrator },
        meanDifference: mean(differences.map((d) => d.amax)),
        largestDifference: Math.max(...differences.map((d) => d.amax)),
        error: mean(differences.map((d) => d.error)),
      };
      rows.push(row);
      console.log(
        `${subject.name.padEnd(28)} ${(alpha === null ? 'unsmoothed' : `alpha ${alpha}`).padEnd(10)} ${calibrator.padEnd(10)} ` +
          `mean ${(row.meanDifference * 100).toFixed(3)} %   max ${(row.largestDifference * 100).toFixed(3)} %   ` +
          `error x ${row.error.toFixed(4)}`,
      );
    }
  }
}
writeResult('derivation', { environment, samples: SAMPLES, rows });
