import { splitGraph } from '../../../onnx/edits/split-graph.js';
import type { Layer } from '../../../onnx/layers/layers.js';
import type { OnnxModel } from '../../../onnx/onnx-model.js';
import { withSession } from '../../session/with-session.js';
import type { RunWith } from '../../session/model-outputs.js';
import { runBatches } from '../../batching/run-batches.js';
import { sampleRuns, type BatchRange } from '../../batching/sample-runs.js';
import type { SearchContext } from './search-context.js';
import type { Feed, Feeds, Outputs } from '../../session/session.js';

/**
 * What a layer's candidates are tried in: only what is behind the layer, where the rest could be
 * run once for all.
 */
export interface LayerTail {
  /** Holds the layer in float, to be quantized. */
  readonly model: OnnxModel;
  readonly runWith: RunWith;
}

/**
 * Tensors in front of a layer that are held in memory at most; a layer with more is tried in the
 * whole model.
 */
const MOST_BYTES = 256e6;

/**
 * Runs what is in front of a layer once and keeps the tensors that reach the rest. The whole model
 * is the tail where they are too many or of another type than float32.
 *
 * Head and tail are optimized apart, so their sums may round otherwise than the whole model's; a
 * layer's candidates are all tried in the same one.
 *
 * @param others the model with the other layers as they are, this one in float
 */
export async function openTail(
  { model: { io }, batching, dataset, context }: SearchContext,
  others: OnnxModel,
  layer: Layer,
  range: BatchRange,
): Promise<LayerTail> {
  const whole: LayerTail = { model: others, runWith: (session) => session };
  const split = splitGraph(
    others,
    layer.outputTensor,
    io.outputs.map(({ name }) => name),
  );
  if (split === null) return whole;
  const { head, tail, crossing } = split;
  if (head === null) return { model: tail, runWith: (session) => session };
  const batches: Feeds[] = [];
  let areFloats = true;
  const keep = (outputs: Outputs): void => {
    areFloats &&= crossing.every((name) => outputs[name]!.storedAs === undefined);
    if (!areFloats) return;
    const feed = (name: string): Feed => ({ type: 'float32', data: outputs[name]!.data, dims: outputs[name]!.dims });
    batches.push(Object.fromEntries(crossing.map((name) => [name, feed(name)])));
  };
  const runs = sampleRuns(range, batching);
  const size = runs[0]!.samples;
  const fits = await withSession(head, io, context, async (session) => {
    await runBatches(session, batching, dataset, { ...range, count: size }, keep);
    if (!areFloats) return false;
    const first = Object.values(batches[0]!);
    const bytes = first.reduce((sum, { data }) => sum + data.byteLength, 0) * runs.length;
    if (bytes > MOST_BYTES) return false;
    const rest = { ...range, first: range.first + size, count: range.count - size };
    if (rest.count > 0) await runBatches(session, batching, dataset, rest, keep);
    return true;
  });
  if (!fits) return whole;
  return {
    model: tail,
    runWith: (session) => {
      let next = 0;
      return { run: (batch, further) => session.run(batch, { ...further, ...batches[next++]! }) };
    },
  };
}
