import type { Dataset } from '../../../formats/dataset.js';
import { OutputMeans, outputMeansGraph } from '../../../losses/output-means.js';
import { layersByDepth } from '../../../onnx/layers/layer-depths.js';
import type { Layer } from '../../../onnx/layers/layers.js';
import type { OnnxModel } from '../../../onnx/onnx-model.js';
import { outputExponent } from '../../../quantize/graph/output-exponent.js';
import type { PreparedLayer, PreparedModel } from '../../../quantize/prepare-layers.js';
import { quantizedModel } from '../../../quantize/graph/quantized-graph.js';
import { readOnTheWay } from '../../../onnx/edits/cut-graph.js';
import { freelyChosen, type Batching } from '../../batching/batching.js';
import { batchWithin, type JobContext } from '../job-context.js';
import { withSession } from '../../session/with-session.js';
import { LastOne, type Cache } from '../job-caches.js';
import { KeptActivations } from '../../batching/kept-activations.js';
import type { LoadedModel } from '../../session/load-model.js';
import { runBatches } from '../../batching/run-batches.js';
import { sampleRuns } from '../../batching/sample-runs.js';

/** Samples of one run: it changes no result; this many stay in the cache on CPU. */
const RUN_SAMPLES = 16;

/** What calibration samples are read through. */
export interface BiasData {
  readonly dataset: Dataset;
  readonly batching: Batching;
  /** The first so many. */
  readonly samples: number;
  /** Identifies model, samples and layers: FP32's means of the last key are kept. */
  readonly key: string;
}

const lastMeans: Cache<LastOne<ReadonlyMap<string, Float64Array>>> = { start: () => new LastOne() };

/**
 * Empirical bias correction (Nagel et al. 2019, arXiv 1906.04721, section 4.2 and appendix D): what
 * quantization adds to the mean of each output channel, `E[y_q] - E[y_fp32]` over calibration
 * samples, is to be taken off the layer's bias. Each layer is measured behind its quantized
 * predecessors with their biases corrected already, so that it corrects what reaches it as well as
 * what it does itself. Layers that don't depend on each other are measured in one session.
 *
 * @param mostBytes of activations that are kept from one step to the next
 * @returns the prepared model with corrections
 * @throws NonFiniteError naming a layer
 */
export async function correctBiases(
  { untouched, io }: LoadedModel,
  prepared: PreparedModel,
  { dataset, batching, samples, key }: BiasData,
  context: JobContext,
  mostBytes?: number,
): Promise<PreparedModel> {
  const all = prepared.layers.map(({ original }) => original);
  const range = { first: 0, count: samples, batchSize: batchWithin(freelyChosen(RUN_SAMPLES, batching), context) };
  const runs = sampleRuns(range, batching).length;
  const kept = new KeptActivations(mostBytes);
  const exponents = new Map(prepared.layers.map((p) => [p.layer.name, outputExponent(prepared.base, p)]));
  const means = async (
    model: OnnxModel,
    layers: readonly Layer[],
    toKeep: readonly string[],
  ): Promise<ReadonlyMap<string, Float64Array>> => {
    const given = kept.tensors;
    const graph = outputMeansGraph(model, layers, given, toKeep, exponents);
    const sums = new OutputMeans(graph, layers);
    const names = new Set(graph.model.graph.input.map((input) => input.name).filter((name) => given.has(name)));
    let batch = 0;
    await withSession(graph.model, io, context, (session) =>
      runBatches(kept.feeding(session, names), batching, dataset, range, (outputs, run) => {
        sums.add(outputs, { samples: run.samples, fed: run.rows });
        kept.keep(outputs, toKeep, batch++, runs);
      }),
    );
    return sums.finish();
  };
  const last = context.caches.of(lastMeans);
  const expected = last.get(key) ?? last.set(key, await means(untouched, all, []));
  const corrected = new Map(prepared.layers.map((layer) => [layer.layer.name, layer]));
  const groups = layersByDepth(
    prepared.base,
    prepared.layers.map(({ layer }) => layer),
  );
  for (const [index, group] of groups.entries()) {
    const model = quantizedModel(prepared.base, [...corrected.values()]);
    const outputs = (from: number): string[] => groups.slice(from).flatMap((g) => g.map((l) => l.outputTensor));
    // The group before is corrected only now: its outputs are computed once more, and then no more.
    const before = (groups[index - 1] ?? []).map((layer) => layer.outputTensor);
    const actual = await means(model, group, before);
    kept.retain(readOnTheWay(model, outputs(index), kept.tensors));
    for (const { name } of group) {
      const own = corrected.get(name)!;
      corrected.set(name, { ...own, biasCorrection: difference(own, actual.get(name)!, expected.get(name)!) });
    }
  }
  return { ...prepared, layers: [...corrected.values()] };
}

/**
 * In the units of the base model's output, which of a producer of folded layers is divided by its
 * factors.
 */
function difference({ outputFactors }: PreparedLayer, actual: Float64Array, expected: Float64Array): Float32Array {
  return Float32Array.from(actual, (mean, channel) => mean - expected[channel]! / (outputFactors?.[channel] ?? 1));
}
