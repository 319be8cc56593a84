import type { Dataset } from '../../formats/dataset.js';
import { createPrng } from '../../statistics/prng.js';
import { applyEdits } from '../../onnx/edits/edits.js';
import { GraphPatch } from '../../onnx/edits/graph-patch.js';
import { checkSampleShape, fixedBatchSize } from '../../onnx/model-io.js';
import { intAttribute, makeNode } from '../../onnx/node.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { elementCount, FLOAT32 } from '../../onnx/tensor.js';
import { feedReader } from './feeds.js';
import { movedSample } from './moved-sample.js';
import { sharedOutputs } from './shared-outputs.js';
import { type JobContext } from '../jobs/job-context.js';
import { withSession } from '../session/with-session.js';
import { providers } from '../providers/providers.js';
import type { LoadedModel } from '../session/load-model.js';
import { dependenceIn, layoutOf, type Dependence, type Four } from './sample-dependence.js';
import type { SampleLayout } from './sample-layout.js';
import type { Feed, Feeds, FloatTensor, Outputs, Session } from '../session/session.js';

/** What running a few samples together tells. */
export interface BatchProbe {
  /**
   * Where each lies in the evaluated outputs; `shared`: all have the whole; null where that can't
   * be told.
   */
  readonly layouts: ReadonlyMap<string, SampleLayout | 'shared' | null>;
  /**
   * What keeps them from being independent of each other and of their places; null where they are.
   */
  readonly dependence: string | null;
  /**
   * A layer whose input read as `[-1, C]` has a sample's numbers in other columns at another place;
   * null where none has.
   */
  readonly notViewed: string | null;
}

/**
 * Activations that one probing run returns at most; where all layers' are more, several sessions
 * share them.
 */
const MOST_BYTES = 2 ** 26;

/** Samples that are looked through for one that differs from the first. */
const SEARCHED = 16;

/** What one run is fed. */
interface Fed {
  readonly batch: FloatTensor;
  readonly further: Feeds;
}

/**
 * Runs the model on two samples: the one in all rows, the other in all rows, and mixtures of both.
 * Where samples do not influence each other, every number of a mixture is that of the first or the
 * second sample's run, bit for bit, and which of them it is tells where in the output a row lies.
 * All layers' inputs and outputs are looked at.
 *
 * @param rows of a run, at least 2
 * @throws RuntimeError where the model can't run so many
 */
export async function probeBatch(
  loaded: LoadedModel,
  dataset: Dataset,
  rows: number,
  context: JobContext,
): Promise<BatchProbe> {
  const { folded, layers, io } = loaded;
  const names = io.outputs.map(({ name }) => name);
  checkSampleShape(io, dataset.sampleShape);
  const places = mixture(rows);
  const feeds = await probeFeeds(io, dataset, places);
  const run = (model: OnnxModel): Promise<Four<Outputs>> =>
    withSession(model, io, { ...context, longPass: null }, (session) =>
      context.clock.measure('batching', async () => [
        await runOnce(session, feeds[0]),
        await runOnce(session, feeds[1]),
        await runOnce(session, feeds[2]),
        await runOnce(session, feeds[3]),
      ]),
    );
  const { tolerance } = providers[context.session.provider];
  const supported = layers.filter((layer) => layer.supported);
  const inner = new Set(
    supported
      .flatMap(({ inputTensor, outputTensor }) => [inputTensor, outputTensor])
      .filter((tensor) => !names.includes(tensor) && folded.index.producers.has(tensor)),
  );
  const outer = await run(withShapes(folded, [...inner], names));
  const shared = await sharedOutputs(loaded, outer[0], rows, dataset, context);
  const dependences: Dependence[] = [];
  const layouts = new Map<string, SampleLayout | 'shared' | null>();
  for (const name of names) {
    const four = pick(outer, name);
    const own = shared.has(name) ? null : dependenceIn(name, four, tolerance);
    if (own !== null) dependences.push(own);
    const layout = own?.isInfluence === true ? null : layoutOf(four, places, tolerance);
    layouts.set(name, shared.has(name) ? 'shared' : layout);
  }
  let dependence = dependences.find(({ isInfluence }) => isInfluence) ?? dependences[0] ?? null;
  let notViewed: string | null = null;
  const groups = groupBySize([...inner], (tensor) => 4 * elementCount([...outer[2][shapeName(folded, tensor)]!.data]));
  // Where the batch is free nothing hangs on it but a last sample that is fed twice.
  const isWorthIt = groups.length === 1 || fixedBatchSize(io) !== null;
  for (const group of isWorthIt ? groups : []) {
    if (dependence !== null) break;
    const found = await run(withOutputs(folded, group));
    for (const tensor of group) {
      const four = pick(found, tensor);
      dependence ??= dependenceIn(tensor, four, tolerance);
      const readers = supported.filter((layer) => layer.inputTensor === tensor);
      if (notViewed !== null || readers.length === 0) continue;
      const own = layoutOf(four, places, tolerance);
      notViewed = readers.find((layer) => own === null || own.inner % layer.inputChannels !== 0)?.name ?? null;
    }
  }
  return { layouts, dependence: dependence?.what ?? null, notViewed };
}

function pick([first, second, mixed, reversed]: Four<Outputs>, tensor: string): Four<FloatTensor> {
  return [first[tensor]!, second[tensor]!, mixed[tensor]!, reversed[tensor]!];
}

function runOnce(session: Session, { batch, further }: Fed): Promise<Outputs> {
  return session.run(batch, further);
}

function withOutputs(model: OnnxModel, tensors: readonly string[]): OnnxModel {
  return applyEdits(model, [{ kind: 'setOutputs', tensors }]);
}

function shapeName({ ownPrefix }: OnnxModel, tensor: string): string {
  return `${ownPrefix}shape of ${tensor}`;
}

function withShapes(model: OnnxModel, tensors: readonly string[], outputs: readonly string[]): OnnxModel {
  const patch = new GraphPatch(model);
  for (const tensor of tensors) {
    const shape = patch.apply('Shape', [tensor], `${shapeName(model, tensor)}, integers`);
    patch.node(makeNode('Cast', [shape], shapeName(model, tensor), [intAttribute('to', FLOAT32)]));
  }
  patch.edit({ kind: 'setOutputs', tensors: [...outputs, ...tensors.map((tensor) => shapeName(model, tensor))] });
  return applyEdits(model, patch.edits);
}

function groupBySize(tensors: readonly string[], bytesOf: (tensor: string) => number): readonly (readonly string[])[] {
  const groups: string[][] = [];
  let room = 0;
  for (const tensor of tensors) {
    const bytes = bytesOf(tensor);
    if (groups.length === 0 || bytes > room) {
      groups.push([]);
      room = MOST_BYTES;
    }
    groups.at(-1)!.push(tensor);
    room -= bytes;
  }
  return groups;
}

/** 0 for the first sample, 1 for the second: never the same in reverse. */
function mixture(rows: number): readonly number[] {
  const prng = createPrng(rows);
  return Array.from({ length: rows }, (_, row) => (row === 0 ? 0 : row === rows - 1 ? 1 : prng.nextBelow(2)));
}

async function probeFeeds(io: LoadedModel['io'], dataset: Dataset, places: readonly number[]): Promise<Four<Fed>> {
  const rows = places.length;
  const size = elementCount(dataset.sampleShape);
  const read = async (index: number): Promise<Float32Array> => {
    const sample = new Float32Array(size);
    await dataset.read(index, 1, sample);
    return sample;
  };
  const first = await read(0);
  let second: Float32Array | null = null;
  let other = 0;
  for (let index = 1; index < Math.min(SEARCHED, dataset.sampleCount) && second === null; index++) {
    const sample = await read(index);
    if (sample.every((value, i) => value === first[i])) continue;
    second = sample;
    other = index;
  }
  // Where all are equal.
  second ??= movedSample(first);
  const reader = feedReader(io, dataset);
  const further = [reader(0, 1, rows), reader(other, 1, rows)] as const;
  const fed = (order: readonly number[]): Fed => {
    const data = new Float32Array(rows * size);
    for (const [row, which] of order.entries()) data.set(which === 0 ? first : second, row * size);
    return { batch: { data, dims: [rows, ...dataset.sampleShape] }, further: mixedFeeds(further, order) };
  };
  return [fed(places.map(() => 0)), fed(places.map(() => 1)), fed(places), fed([...places].reverse())];
}

/** Rows of one entry a sample from either; what is the same for every run as it is. */
function mixedFeeds([first, second]: readonly [Feeds, Feeds], order: readonly number[]): Feeds {
  return Object.fromEntries(
    Object.entries(first).map(([name, feed]) => {
      const other = second[name]!;
      if (feed.dims[0] !== order.length) return [name, feed] as const;
      const data = feed.data.slice() as Feed['data'];
      const size = data.length / order.length;
      for (const [row, which] of order.entries()) {
        if (which === 1) data.set(other.data.subarray(row * size, (row + 1) * size) as never, row * size);
      }
      return [name, { ...feed, data }] as const;
    }),
  );
}
