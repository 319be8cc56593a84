import { CrossMomentsAccumulator, type CrossMoments } from '../../../calibrate/moments/cross-moments-accumulator.js';
import { crossMomentsGraph, type TensorPair } from '../../../calibrate/moments/moments-graph.js';
import type { Dataset } from '../../../formats/dataset.js';
import { dependsOnInputs } from '../../../onnx/constants.js';
import { readOnTheWay } from '../../../onnx/edits/cut-graph.js';
import type { OnnxModel } from '../../../onnx/onnx-model.js';
import { layersByDepth } from '../../../onnx/layers/layer-depths.js';
import { elementCount } from '../../../onnx/tensor.js';
import { momentsBatch } from '../../../plan/estimate/estimate-memory.js';
import { pairedModel, type PairedModel } from '../../../quantize/graph/paired-model.js';
import type { Preparation, PreparedLayer, PreparedModel } from '../../../quantize/prepare-layers.js';
import { roundOnQuantizedInputs } from '../../../quantize/rounding/round-on-quantized-inputs.js';
import type { Batching } from '../../batching/batching.js';
import { KeptActivations } from '../../batching/kept-activations.js';
import { runBatches } from '../../batching/run-batches.js';
import { sampleRuns } from '../../batching/sample-runs.js';
import type { LoadedModel } from '../../session/load-model.js';
import { withSession } from '../../session/with-session.js';
import type { JobContext } from '../job-context.js';

/** What calibration samples are read through. */
export interface RoundingData {
  readonly dataset: Dataset;
  readonly batching: Batching;
  /** The first so many. */
  readonly samples: number;
}

export interface RoundingOptions {
  /** Of activations that are kept from one pass to the next. */
  readonly mostBytes?: number;
  /** How products are summed up, see `MomentsGraphOptions`. */
  readonly sums?: 'plain' | 'huge';
}

/** Passes over the samples that {@link roundLayers} makes. */
export function roundingPasses({ base, layers }: PreparedModel): number {
  return depthsOf({ base, layers }).length;
}

/**
 * Rounds the weights of a model one depth after the other, by second moments of the inputs that its
 * layers before really give, and corrects biases by their means: see `roundOnQuantizedInputs`. What
 * layers of one depth read is measured in one pass over the samples, beside FP32. A pass starts
 * from what the one before kept, so that all together compute each layer about once.
 *
 * @returns the prepared model with other weights and biases
 * @throws NonFiniteError naming a layer
 */
export async function roundLayers(
  { untouched, io }: LoadedModel,
  prepared: PreparedModel,
  preparation: Preparation,
  { dataset, batching, samples }: RoundingData,
  context: JobContext,
  { mostBytes, sums: how = 'plain' }: RoundingOptions = {},
): Promise<PreparedModel> {
  // Whatever there is of memory: sums within a run are of float32.
  const range = { first: 0, count: samples, batchSize: momentsBatch(elementCount(dataset.sampleShape)) };
  const runs = sampleRuns(range, batching).length;
  const kept = new KeptActivations(mostBytes);
  const rounded = new Map(prepared.layers.map((layer) => [layer.layer.name, layer]));
  const depths = depthsOf(prepared);
  const momentsOf = async (
    paired: PairedModel,
    layers: readonly PreparedLayer[],
    toKeep: readonly string[],
    pass: number,
  ): Promise<ReadonlyMap<string, CrossMoments>> => {
    const given = kept.tensors;
    const pairs = layers.map((own) => pairOf(own, prepared.base, paired));
    const graph = crossMomentsGraph(paired.model, pairs, { sums: how, given, further: toKeep });
    const sums = new CrossMomentsAccumulator(graph);
    const fed = new Set(graph.model.graph.input.map((input) => input.name).filter((name) => given.has(name)));
    let batch = 0;
    await withSession(graph.model, io, context, (session) =>
      runBatches(kept.feeding(session, fed), batching, dataset, range, (outputs, run) => {
        sums.add(outputs, { samples: run.samples, fed: run.rows });
        kept.keep(outputs, toKeep, batch++, runs);
        context.report(pass * samples + run.first + run.samples, depths.length * samples);
      }),
    );
    return sums.finish();
  };
  for (const [pass, names] of depths.entries()) {
    // An input that is constant has no moments.
    const own = names
      .map((name) => rounded.get(name)!)
      .filter(({ original }) => dependsOnInputs(untouched, original.inputTensor));
    if (own.length === 0) continue;
    const paired = pairedModel(untouched, { ...prepared, layers: [...rounded.values()] });
    const needed = neededLater(paired, depths.slice(pass + 1).flat(), pass);
    const moments = await momentsOf(
      paired,
      own,
      [...needed].filter((tensor) => !kept.tensors.has(tensor)),
      pass,
    );
    kept.retain(needed);
    for (const layer of own) {
      const { name } = layer.layer;
      rounded.set(name, roundOnQuantizedInputs(prepared.base, layer, moments.get(name)!, preparation));
    }
  }
  return { ...prepared, layers: [...rounded.values()] };
}

/** Names of layers, those that depend on no others first. */
function depthsOf({ base, layers }: Pick<PreparedModel, 'base' | 'layers'>): readonly (readonly string[])[] {
  const groups = layersByDepth(
    base,
    layers.map(({ layer }) => layer),
  );
  return groups.map((group) => group.map(({ name }) => name));
}

function pairOf({ layer, original }: PreparedLayer, base: OnnxModel, { inputs }: PairedModel): TensorPair {
  // FP32's own may have a BatchNormalization behind it, which makes that tensor.
  const node = base.index.producers.get(layer.outputTensor)!;
  return { layer, node, ...inputs.get(layer.name)!, output: original.outputTensor };
}

/**
 * Tensors that the inputs of later layers are made from, and that the layers still to be rounded
 * have no part in.
 *
 * @param pass index of the depth whose layers are rounded next
 */
function neededLater(
  { model, inputs, depths }: PairedModel,
  later: readonly string[],
  pass: number,
): ReadonlySet<string> {
  const settled = new Set([...depths].filter(([, depth]) => depth <= pass).map(([tensor]) => tensor));
  const wanted = later.flatMap((name) => {
    const { float, quantized } = inputs.get(name)!;
    return [float, quantized];
  });
  return readOnTheWay(model, wanted, settled);
}
