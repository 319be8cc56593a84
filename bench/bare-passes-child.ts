import '../src/engine/session/no-telemetry.js';
import * as ort from 'onnxruntime-node';
import { openDataset } from '../src/formats/open-dataset.js';
import { elementCount } from '../src/onnx/tensor.js';
import type { BareData, BarePass, BareTook } from './bare-passes.js';

/**
 * The process behind `BarePasses`: samples lie preprocessed in memory, and a pass is a loop around
 * `session.run` with nothing else in it.
 */
const { source, preprocess, samples, batchSize, input } = JSON.parse(process.argv[2]!) as BareData;
const dataset = await openDataset(source, preprocess);
const { sampleShape } = dataset;
const length = elementCount(sampleShape);
const images = new Float32Array(samples * length);
await dataset.read(0, samples, images);
dataset.close();
const sessions = new Map<string, ort.InferenceSession>();

async function sessionOf({ graph, threads, optimizationLevel = 'all' }: BarePass): Promise<ort.InferenceSession> {
  const key = JSON.stringify([graph, threads]);
  const session =
    sessions.get(key) ??
    (await ort.InferenceSession.create(graph, {
      logSeverityLevel: 3,
      graphOptimizationLevel: optimizationLevel,
      // Quantizers written as QuantizeLinear stay float, as in the program's own sessions.
      extra: { session: { disable_quant_qdq: '1' } },
      ...(threads === null ? {} : { intraOpNumThreads: threads, interOpNumThreads: 1 }),
    }));
  sessions.set(key, session);
  return session;
}

async function pass(wanted: BarePass): Promise<BareTook> {
  const session = await sessionOf(wanted);
  const start = performance.now();
  for (let first = 0; first < samples; first += batchSize) {
    const count = Math.min(batchSize, samples - first);
    const batch = images.subarray(first * length, (first + count) * length);
    await session.run({ [input]: new ort.Tensor('float32', batch, [count, ...sampleShape]) });
  }
  return { ms: performance.now() - start, peakMb: process.resourceUsage().maxRSS / 1024 };
}

process.on('message', (wanted: BarePass) => {
  void pass(wanted).then((took) => process.send!(took));
});
process.send!('ready');
