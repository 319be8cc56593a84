import { beforeAll, describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../src/onnx/node.js';
import type { ModelIo } from '../../../src/onnx/model-io.js';
import { decodeModel, encodeModel, type OnnxModel } from '../../../src/onnx/onnx-model.js';
import { int64Tensor } from '../../../src/onnx/tensor.js';
import {
  areOperatorsEqual,
  BLOCKED_DOMAIN,
  markQuantizers,
  withBlockedQuantizers,
} from '../../../src/quantize/graph/blocked-quantizers.js';
import { withLinearQuantizers } from '../../../src/quantize/quantizers/linear-quantizers.js';
import { prepareLayers } from '../../../src/quantize/prepare-layers.js';
import { quantizedModel } from '../../../src/quantize/graph/quantized-graph.js';
import { blockedForm, findBlock } from '../../../src/engine/session/blocked-form.js';
import { JobCaches } from '../../../src/engine/jobs/job-caches.js';
import { optimizeModel, type SessionSettings } from '../../../src/engine/session/session.js';
import { preparation } from '../../quantize/preparations.js';
import { observeDirectly } from '../../calibrate/observe-directly.js';
import { buildModel, layersOf, node, tensor, value } from '../../onnx/build-model.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { runModel, type Floats } from '../../onnx/run-model.js';

const settings: SessionSettings = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: 'all' };
const samePads = intsAttribute('pads', [1, 1, 1, 1]);
const [height, width] = [6, 7];

/**
 * Channels that fill blocks and that do not (20 and 36 of 16 or 8), a depthwise convolution, an
 * addition that the runtime makes part of a convolution, a tensor that two layers read, and a Pad
 * of its own in front of the last layer.
 */
function network(batch: number | string = 'N'): OnnxModel {
  return buildModel({
    nodes: [
      node('Conv', ['x', 'w1', 'b1'], 'c1', [samePads], 'first'),
      node('Relu', ['c1'], 'r1'),
      node('Conv', ['r1', 'w2'], 'c2', [samePads, intAttribute('group', 32)], 'depthwise'),
      node('Clip', ['c2', 'zero', 'six'], 'r2'),
      node('Conv', ['r2', 'w3', 'b3'], 'c3', [], 'narrow'),
      node('Conv', ['c3', 'w4'], 'c4', [samePads], 'inner'),
      node('Add', ['c4', 'c3'], 'sum'),
      node('Relu', ['sum'], 'r4'),
      node('Conv', ['r4', 'w5'], 'c5', [], 'left'),
      node('Conv', ['r4', 'w6'], 'c6', [], 'right'),
      node('Add', ['c5', 'c6'], 'both'),
      node('Pad', ['both', 'pads'], 'padded'),
      node('Conv', ['padded', 'w7'], 'y', [], 'last'),
    ],
    inputs: [value('x', [batch, 3, height, width])],
    initializers: [
      tensor('w1', [32, 3, 3, 3], randomFloats(1, 864)),
      tensor('b1', [32], randomFloats(2, 32)),
      tensor('w2', [32, 1, 3, 3], randomFloats(3, 288)),
      tensor('w3', [20, 32, 1, 1], randomFloats(4, 640)),
      tensor('b3', [20], randomFloats(5, 20)),
      tensor('w4', [20, 20, 3, 3], randomFloats(6, 3600)),
      tensor('w5', [36, 20, 1, 1], randomFloats(7, 720)),
      tensor('w6', [36, 20, 1, 1], randomFloats(8, 720)),
      tensor('w7', [8, 36, 3, 3], randomFloats(9, 2592)),
      tensor('zero', [], [0]),
      tensor('six', [], [6]),
      int64Tensor('pads', [0, 0, 1, 1, 0, 0, 1, 1]),
    ],
    opset: 17,
  });
}

const samples = (seed: number, factor: number): Floats => ({
  data: randomFloats(seed, 5 * 3 * height * width).map((v) => v * factor),
  dims: [5, 3, height, width],
});
const calibration = samples(10, 1);

interface Case {
  readonly bits: number;
  readonly scheme: 'signed' | 'auto' | 'asymmetric';
  readonly alpha: number | null;
}

async function quantized({ bits, scheme, alpha }: Case, model = network()): Promise<OnnxModel> {
  const layers = layersOf(model);
  const how = preparation(bits, alpha);
  const activation = { ...how.quantization.activation, scheme };
  const prepared = prepareLayers(layers, await observeDirectly(model, layers, calibration), {
    ...how,
    quantization: { ...how.quantization, activation },
  });
  return quantizedModel(model, prepared);
}

const optimized = async (model: OnnxModel): Promise<OnnxModel> =>
  decodeModel(await optimizeModel(encodeModel(model), settings));

const shapes = (model: OnnxModel): ReadonlyMap<string, readonly number[]> =>
  new Map([...markQuantizers(model).marked.keys()].map((name) => [name, [5, 0, height, width]]));

const smoothed: Case = { bits: 8, scheme: 'auto', alpha: 0.5 };

describe('quantizers in the blocked layout', () => {
  let block: number | null;
  beforeAll(async () => {
    block = await findBlock(settings);
    if (block === null) console.log('Skipped: the runtime has no blocked layout on this machine.');
  });

  it.each<Case>([
    smoothed,
    { bits: 8, scheme: 'signed', alpha: null },
    { bits: 8, scheme: 'asymmetric', alpha: 0.3 },
    { bits: 5, scheme: 'asymmetric', alpha: 0.7 },
    { bits: 4, scheme: 'auto', alpha: 0.5 },
    { bits: 2, scheme: 'signed', alpha: null },
  ])('give the same bits: $bits bits, $scheme, alpha $alpha', async (how) => {
    if (block === null) return;
    const model = await quantized(how);
    const { model: markedModel, marked } = markQuantizers(model);
    const linear = withLinearQuantizers(model);
    const withMarks = await optimized(markedModel);
    expect(areOperatorsEqual(await optimized(linear), withMarks, marked)).toBe(true);
    const blocked = withBlockedQuantizers(withMarks, marked, shapes(model), block)!;
    const outOfBlocks = (of: OnnxModel): number => of.graph.node.filter((n) => n.opType === 'ReorderOutput').length;
    expect(outOfBlocks(blocked)).toBeLessThan(outOfBlocks(await optimized(linear)));
    // Also beyond what was calibrated, so that quantizers saturate at both ends.
    for (const x of [calibration, samples(11, 3)]) {
      const expected = (await runModel(linear, { x }, 'all'))['y']!.data;
      expect((await runModel(blocked, { x }))['y']!.data).toEqual(expected);
    }
  });

  it('are marked where one quantizer alone reads an image that something other than a Pad made', async () => {
    const { marked } = markQuantizers(await quantized(smoothed));
    expect([...marked.keys()].map((name) => name.split('/')[1])).toEqual(['depthwise', 'narrow', 'inner']);
  });

  it('are given up where a mark got lost, or none came into the layout', async () => {
    if (block === null) return;
    const model = await quantized(smoothed);
    const { model: markedModel, marked } = markQuantizers(model);
    const withMarks = await optimized(markedModel);
    const more = new Map([...marked, ['quantsweep/lost', [...marked.values()][0]!] as const]);
    expect(withBlockedQuantizers(withMarks, more, shapes(model), block)).toBeNull();
    expect(withMarks.graph.node.some(({ domain }) => domain === BLOCKED_DOMAIN)).toBe(true);
    expect(withBlockedQuantizers(markedModel, marked, shapes(model), block)).toBeNull();
  });

  it('are told from a graph that rounds otherwise', async () => {
    const model = await quantized(smoothed);
    const { model: markedModel, marked } = markQuantizers(model);
    const unfused = decodeModel(
      await optimizeModel(encodeModel(markedModel), { ...settings, optimizationLevel: 'basic' }),
    );
    const plain = decodeModel(
      await optimizeModel(encodeModel(withLinearQuantizers(model)), { ...settings, optimizationLevel: 'basic' }),
    );
    expect(areOperatorsEqual(plain, unfused, marked)).toBe(true);
    expect(areOperatorsEqual(await optimized(withLinearQuantizers(model)), unfused, marked)).toBe(block === null);
  });
});

describe('blockedForm', () => {
  const io = (inputShape: ModelIo['inputShape'], further: ModelIo['further'] = []): ModelIo => ({
    input: 'x',
    output: 'y',
    outputs: [{ name: 'y', elemType: 1, shape: null }],
    inputShape,
    further,
  });

  it('gives the same bits whether it finds itself faster or not', async () => {
    const model = await quantized(smoothed);
    const form = await blockedForm(model, io([null, 3, height, width]), settings, 16, new JobCaches());
    const x = samples(12, 2);
    const expected = (await runModel(withLinearQuantizers(model), { x }, 'all'))['y']!.data;
    if (form === null) return;
    expect(form.settings.optimizationLevel).toBe('disabled');
    expect((await runModel(form.model, { x }, form.settings.optimizationLevel))['y']!.data).toEqual(expected);
  });

  it.each<[string, ModelIo, Partial<SessionSettings>]>([
    ['another optimization level', io([null, 3, height, width]), { optimizationLevel: 'extended' }],
    ['integer kernels', io([null, 3, height, width]), { fuseQuantized: true }],
    ['an unknown size', io([null, 3, null, width]), {}],
    ['an unknown shape', io(null), {}],
    ['further inputs', io([null, 3, height, width], [{ name: 'mask', elemType: 1, shape: [1] }]), {}],
  ])('is not there for %s', async (_, of, how) => {
    const other = await quantized({ ...smoothed, bits: 7 });
    expect(await blockedForm(other, of, { ...settings, ...how }, 16, new JobCaches())).toBeNull();
  });

  it('is not there for a model without quantizers', async () => {
    expect(await blockedForm(network(), io([null, 3, height, width]), settings, 16, new JobCaches())).toBeNull();
  });
});
