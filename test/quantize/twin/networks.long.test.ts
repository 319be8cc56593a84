import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { foldBatchNorm } from '../../../src/onnx/folding/fold-batch-norm.js';
import { decodeModel } from '../../../src/onnx/onnx-model.js';
import { placedByRules } from '../graph/placed-by-rules.js';
import { comparePrepared, uniformBatch } from './twin-case.js';

const folder = new URL('../../../../shared/models/', import.meta.url);

/** Files, the shape of their samples, and how many samples are compared. */
const networks: readonly (readonly [file: string, sample: readonly number[], samples: number])[] = [
  ['cifar10-resnet20.onnx', [3, 32, 32], 64],
  ['cifar10-resnet20-bn.onnx', [3, 32, 32], 16],
  ['cifar10-resnet56.onnx', [3, 32, 32], 16],
  ['cifar10-mobilenetv2.onnx', [3, 32, 32], 16],
  ['cifar10-mobilenetv2-skewed.onnx', [3, 32, 32], 16],
  ['bev-centerpoint-small.onnx', [0], 1],
];

describe('the twin of whole networks', () => {
  it.each(networks)('equals the runtime in every value: %s', async (file, sample, samples) => {
    const path = new URL(file, folder);
    if (!existsSync(path)) {
      console.log(`${file} is not here: its twin is not tried.`);
      return;
    }
    const { model } = foldBatchNorm(decodeModel(readFileSync(path)));
    const input = model.index.inputs[0]!;
    const dims = [samples, ...(sample[0] === 0 ? shapeOf(model, input) : sample)];
    const batch = uniformBatch(dims, -2, 2);
    const prepared = await placedByRules(model, 'onnxruntime-cpu', { [input]: { data: batch.data, dims } });
    const compared = await comparePrepared(prepared, uniformBatch(dims, -2.2, 2.2, 2), input);
    expect(compared.distinct).toBeGreaterThan(20);
    expect(compared.differing).toBe(0);
  });
});

function shapeOf(model: ReturnType<typeof decodeModel>, input: string): readonly number[] {
  const dims = model.graph.input.find(({ name }) => name === input)?.type?.tensorType?.shape?.dim ?? [];
  return dims.slice(1).map(({ value }) => Number(value.value));
}
