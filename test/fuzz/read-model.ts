import { NonFiniteError } from '../../src/records/non-finite-error.js';
import type { InputStatistics } from '../../src/records/observation-record.js';
import { loadExperiment } from '../../src/experiment/load-experiment.js';
import { observeGraph } from '../../src/calibrate/observe-graph.js';
import { foldBatchNorm } from '../../src/onnx/folding/fold-batch-norm.js';
import { layersByDepth } from '../../src/onnx/layers/layer-depths.js';
import { findLayers, type Layer } from '../../src/onnx/layers/layers.js';
import { checkSampleShape, resolveModelIo } from '../../src/onnx/model-io.js';
import { encodeModel } from '../../src/onnx/onnx-model.js';
import { prepareModel, quantizerRecords, smoothingRecord } from '../../src/quantize/prepare-layers.js';
import { qdqModel } from '../../src/quantize/graph/qdq-graph.js';
import { quantizedModel } from '../../src/quantize/graph/quantized-graph.js';
import { selectLayers } from '../../src/quantize/select-layers.js';
import { readModelFile } from '../../src/engine/session/model-file.js';
import { openSweepInputs } from '../../src/prepare/sweep-inputs.js';
import { everyLayer, plainQuantization } from '../quantize/preparations.js';
import { Unsound } from './fuzz-case.js';

const experiment = (path: string, shape: readonly number[]): string => `
model: { path: ${JSON.stringify(path)} }
data:
  calibration: { format: synthetic, shape: [${shape.join(', ')}], seed: 1, count: 4, batchSize: 2, batches: 2 }
  evaluation: { format: synthetic, shape: [${shape.join(', ')}], seed: 2, count: 4, batchSize: 2 }
task: fidelity
grid:
  - smoothing.alpha: [0.5]
`;

/** All that a sweep does with a model before it opens a session; `apply`: how 1/s is applied. */
export async function readModel(path: string, apply: 'insert' | 'fold'): Promise<void> {
  const { model } = readModelFile(path);
  const { model: folded } = foldBatchNorm(model);
  const found = findLayers(folded);
  const io = resolveModelIo(model, { input: null, output: null });
  const shape = io.inputShape?.slice(1).map((dim) => dim ?? 4) ?? [3, 8, 8];
  checkSampleShape(io, shape);
  const layers = selectLayers(found, everyLayer('Conv', 'ConvTranspose', 'Gemm', 'MatMul'));
  layersByDepth(folded, layers);
  encodeModel(observeGraph(folded, layers, ['channel', 'view'], true).model);
  quantize(folded, layers, apply);
  // Samples of a model that asks for more are refused by what reads them.
  if (shape.length === 0 || shape.reduce((product, dim) => product * dim, 1) > 2 ** 20) return;
  const text = experiment(path, shape);
  const { models } = await openSweepInputs(loadExperiment('/fuzz.yaml', [], () => text));
  for (const record of models.values()) checkFinite(record, 'model record');
}

function quantize(
  folded: Parameters<typeof prepareModel>[0],
  layers: readonly Layer[],
  apply: 'insert' | 'fold',
): void {
  const statistics = new Map(layers.map((layer) => [layer.name, statisticsOf(layer)]));
  const preparation = {
    quantization: plainQuantization(8),
    smoothing: { mode: 'static', alpha: 0.5, absmax: 'channel', apply } as const,
    bits: new Map(),
    alphaOf: () => 0.5,
  };
  let prepared: ReturnType<typeof prepareModel>;
  try {
    prepared = prepareModel(folded, layers, statistics, preparation);
  } catch (error) {
    // A product beyond float32, found and told: the trial fails with the layer's name.
    if (error instanceof NonFiniteError) return;
    throw error;
  }
  for (const layer of prepared.layers) {
    checkFinite(smoothingRecord(layer), 'smoothing');
    checkFinite(quantizerRecords(layer, statistics.get(layer.layer.name)!, preparation), 'quantizer');
    if (!layer.weight.values.every(Number.isFinite)) throw new Unsound(`a quantized weight of ${layer.layer.name}`);
  }
  encodeModel(quantizedModel(prepared.base, prepared.layers));
  encodeModel(qdqModel(prepared.base, prepared.layers, {}));
}

/** As if every channel had been seen to go from 0 or -1 to some number above. */
function statisticsOf({ name, inputChannels }: Layer): InputStatistics {
  const max = Float64Array.from({ length: inputChannels }, (_, c) => 1 + (c % 7));
  const min = Float64Array.from({ length: inputChannels }, (_, c) => -(c % 2));
  return { layer: name, min, max, absmax: max, absmaxView: null, histograms: null };
}

function checkFinite(value: unknown, path: string): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Unsound(`${path} is ${value}`);
  if (value instanceof Float64Array || value instanceof Float32Array) {
    if (!value.every(Number.isFinite)) throw new Unsound(`${path} holds a number that is not finite`);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) checkFinite(inner, `${path}.${key}`);
}
