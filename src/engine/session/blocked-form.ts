import { createHash } from 'node:crypto';
import { createPrng } from '../../statistics/prng.js';
import { memoizeByIdentity } from '../../memo/memoize-by-identity.js';
import { applyEdits } from '../../onnx/edits/edits.js';
import { GraphPatch } from '../../onnx/edits/graph-patch.js';
import { ModelError } from '../../onnx/model-error.js';
import type { ModelIo } from '../../onnx/model-io.js';
import { intAttribute, makeNode } from '../../onnx/node.js';
import { copyGraph, decodeModel, encodeGraph, encodeModel, type OnnxModel } from '../../onnx/onnx-model.js';
import { smallModel } from '../../onnx/small-model.js';
import { elementCount, FLOAT32, floatTensor, tensorShape, tensorWithoutValues } from '../../onnx/tensor.js';
import {
  areOperatorsEqual,
  BLOCKED_DOMAIN,
  isUniform,
  markQuantizers,
  withBlockedQuantizers,
  type Quantizers,
} from '../../quantize/graph/blocked-quantizers.js';
import { withLinearQuantizers } from '../../quantize/quantizers/linear-quantizers.js';
import type { Cache, JobCaches } from '../jobs/job-caches.js';
import type { Runnable } from './runnable.js';
import {
  optimizeModel,
  RuntimeError,
  Session,
  type FloatTensor,
  type Outputs,
  type SessionSettings,
} from './session.js';

/** Samples of the runs that are measured, at most, where the model's batch is free. */
const MEASURED_SAMPLES = 16;

/** Runs of each form, of which the fastest counts. */
const MEASURED_RUNS = 4;

/**
 * What a form must save at least to be taken: making its session takes as long as some dozens of
 * samples.
 */
const WORTHWHILE = 0.99;

/**
 * Shapes of the quantizers' tensors by name, or null where the blocked form is not the fastest or
 * does not apply.
 */
type Choice = ReadonlyMap<string, readonly number[]> | null;

/** What was found out about blocked forms on this machine. */
interface KnownForms {
  /** By a graph's structure: trials differ in their weights and scales mostly. */
  readonly choices: Map<string, Choice>;
  /** By the very graph, which a trial profiles first and evaluates then. */
  readonly formsOf: (model: OnnxModel) => Map<string, Promise<Runnable | null>>;
  /** Channels side by side in the runtime's blocked layout; undefined until it is asked for. */
  block: Promise<number | null> | undefined;
}

const knownForms: Cache<KnownForms> = {
  start: () => ({
    choices: new Map(),
    formsOf: memoizeByIdentity<OnnxModel, undefined, Map<string, Promise<Runnable | null>>>(() => new Map()),
    block: undefined,
  }),
};

/**
 * The model with quantizers that work inside the runtime's blocked layout, see
 * `withBlockedQuantizers`, where they are the faster on this machine; null where they are not or
 * can't be. That is measured once for each structure of graph, and the outputs must be equal bit
 * for bit.
 *
 * @param samplesPerRun at most: memory may hold no more
 */
export function blockedForm(
  model: OnnxModel,
  io: ModelIo,
  settings: SessionSettings,
  samplesPerRun: number,
  caches: JobCaches,
): Promise<Runnable | null> {
  const known = caches.of(knownForms);
  const forms = known.formsOf(model);
  const key = JSON.stringify([settings, samplesPerRun]);
  const form = forms.get(key) ?? makeBlockedForm(model, io, settings, samplesPerRun, known);
  forms.set(key, form);
  return form;
}

async function makeBlockedForm(
  model: OnnxModel,
  io: ModelIo,
  settings: SessionSettings,
  samplesPerRun: number,
  known: KnownForms,
): Promise<Runnable | null> {
  const { choices } = known;
  // Only that level has the layout; integer kernels are for graphs that are written as such.
  if (settings.optimizationLevel !== 'all' || settings.fuseQuantized === true) return null;
  const { model: markedModel, marked } = markQuantizers(model);
  if (marked.size === 0) return null;
  const key = structureOf(markedModel, marked);
  try {
    const block = await (known.block ??= findBlock(settings));
    if (block === null) return null;
    if (!choices.has(key))
      choices.set(key, await choose(model, markedModel, marked, block, randomBatch(io, samplesPerRun), io, settings));
    const shapes = choices.get(key) ?? null;
    if (shapes === null) return null;
    const optimized = decodeModel(await optimizeModel(encodeModel(markedModel), settings));
    const blocked = withBlockedQuantizers(optimized, marked, shapes, block);
    return blocked && { model: blocked, settings: asItIs(settings) };
  } catch (error) {
    if (!(error instanceof RuntimeError || error instanceof ModelError)) throw error;
    // What there is no room for (a temporary file, the batch that is measured) is run as it is
    // without, and so is a graph of the runtime's that this program can't read.
    choices.set(key, null);
    return null;
  }
}

/** Settings for a graph that the runtime optimized before. */
function asItIs(settings: SessionSettings): SessionSettings {
  return { ...settings, optimizationLevel: 'disabled' };
}

async function choose(
  model: OnnxModel,
  markedModel: OnnxModel,
  marked: Quantizers,
  block: number,
  batch: FloatTensor | null,
  io: ModelIo,
  settings: SessionSettings,
): Promise<Choice> {
  if (batch === null) return null;
  const linear = withLinearQuantizers(model);
  const [optimized, optimizedMarked] = [
    decodeModel(await optimizeModel(encodeModel(linear), settings)),
    decodeModel(await optimizeModel(encodeModel(markedModel), settings)),
  ];
  if (!areOperatorsEqual(optimized, optimizedMarked, marked)) return null;
  const shapes = await shapesOf(marked, model, batch, io, settings);
  const blocked = withBlockedQuantizers(optimizedMarked, marked, shapes, block);
  if (blocked === null) return null;
  const before = await measure(linear, batch, io, settings);
  const after = await measure(blocked, batch, io, asItIs(settings));
  return after.ms < before.ms * WORTHWHILE && areBitsEqual(before.outputs, after.outputs) ? shapes : null;
}

/** Null where the model does not say what it is fed. */
function randomBatch({ inputShape, inputType, further }: ModelIo, samplesPerRun: number): FloatTensor | null {
  if (inputShape === null || further.length > 0) return null;
  const samples = Math.min(MEASURED_SAMPLES, samplesPerRun);
  const dims = inputShape.map((dim, axis) => (axis === 0 ? (dim ?? samples) : (dim ?? 0)));
  if (dims.includes(0)) return null;
  const prng = createPrng(1, 0);
  // Of integers the least that every type holds: indices must stay within what they lead to.
  const next = inputType === undefined ? () => prng.nextUint32() / 2 ** 30 - 2 : () => prng.nextBelow(2);
  return { dims, data: Float32Array.from({ length: elementCount(dims) }, next) };
}

async function shapesOf(
  marked: Quantizers,
  model: OnnxModel,
  batch: FloatTensor,
  io: ModelIo,
  settings: SessionSettings,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const patch = new GraphPatch(model);
  const outputs = new Map([...marked.keys()].map((tensor) => [tensor, `${tensor}/shape`]));
  for (const [tensor, output] of outputs) {
    const shape = patch.apply('Shape', [tensor], `${output}/integers`);
    patch.node(makeNode('Cast', [shape], output, [intAttribute('to', FLOAT32)]));
  }
  patch.edit({ kind: 'setOutputs', tensors: [...outputs.values()] });
  const session = await Session.create(encodeModel(applyEdits(model, patch.edits)), io.input, settings);
  try {
    const shapes = await session.run(batch);
    return new Map([...outputs].map(([tensor, output]) => [tensor, [...shapes[output]!.data]]));
  } finally {
    await session.release();
  }
}

async function measure(
  model: OnnxModel,
  batch: FloatTensor,
  io: ModelIo,
  settings: SessionSettings,
): Promise<{ readonly ms: number; readonly outputs: Outputs }> {
  const session = await Session.create(encodeModel(model), io.input, settings);
  try {
    // Not counted: it allocates.
    const outputs = await session.run(batch);
    let ms = Infinity;
    for (let run = 0; run < MEASURED_RUNS; run++) {
      const start = performance.now();
      await session.run(batch);
      ms = Math.min(ms, performance.now() - start);
    }
    return { ms, outputs };
  } finally {
    await session.release();
  }
}

function areBitsEqual(a: Outputs, b: Outputs): boolean {
  return Object.entries(a).every(([name, { data }]) => {
    const other = b[name]!.data;
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(
      Buffer.from(other.buffer, other.byteOffset, other.byteLength),
    );
  });
}

/**
 * Two graphs with the same differ in the numbers of float32 initializers alone that are no sizes,
 * and in no quantizer's being uniform.
 */
function structureOf(model: OnnxModel, marked: Quantizers): string {
  const initializer = model.graph.initializer.map((tensor) => {
    const { name, dataType } = tensor;
    const isSize =
      model.index.consumers.get(name)?.some(({ node }) => /^(?:Resize|Upsample)$/.test(node.opType)) === true;
    return dataType === FLOAT32 && !isSize ? tensorWithoutValues(tensor) : tensor;
  });
  const hash = createHash('sha256').update(encodeGraph(copyGraph(model.graph, { initializer })));
  hash.update(String(model.opset));
  for (const [tensor, quantizer] of marked) {
    const { storage, zeroPoint } = quantizer.integers;
    // Zero points move with alpha, and decide nothing but by being 0.
    hash.update(JSON.stringify([tensor, isUniform(quantizer), storage.dataType, zeroPoint === 0]));
  }
  return hash.digest('hex');
}

/**
 * Channels side by side in the runtime's blocked layout on this machine, or null where it has none:
 * a convolution to one channel gets weights for as many as a block has.
 */
export async function findBlock(settings: SessionSettings): Promise<number | null> {
  const small = smallModel({
    nodes: [makeNode('Conv', ['x', 'w'], 'y')],
    inputShape: [1, 1, 1, 1],
    outputShape: [1, 1, 1, 1],
    initializers: [floatTensor('w', [1, 1, 1, 1], Float32Array.of(1))],
  });
  const { graph, index } = decodeModel(await optimizeModel(small, settings));
  const conv = graph.node.find(({ domain, opType }) => domain === BLOCKED_DOMAIN && opType === 'Conv');
  return conv === undefined ? null : tensorShape(index.initializers.get(conv.input[1]!)!)[0]!;
}
