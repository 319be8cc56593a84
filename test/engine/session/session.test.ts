import { describe, expect, it } from 'vitest';
import { intAttribute } from '../../../src/onnx/node.js';
import { integerTensor, storageOf } from '../../../src/quantize/quantizers/integer-tensor.js';
import { profileKernels, RuntimeError, Session } from '../../../src/engine/session/session.js';
import { modelBytes, node, tensor, value } from '../../onnx/build-model.js';
import { oneThread } from '../small-experiment.js';

const adding = modelBytes({
  nodes: [node('Add', ['x', 'one'], 'y')],
  inputs: [value('x', ['N', 2])],
  initializers: [tensor('one', [], [1])],
});

describe('Session', () => {
  it('runs batches of different sizes', async () => {
    const session = await Session.create(adding, 'x', oneThread);
    const first = await session.run({ data: Float32Array.of(1, 2), dims: [1, 2] });
    const second = await session.run({ data: Float32Array.of(1, 2, 3, 4), dims: [2, 2] });
    await session.release();
    expect(first['y']).toEqual({ data: Float32Array.of(2, 3), dims: [1, 2] });
    expect(second['y']).toEqual({ data: Float32Array.of(2, 3, 4, 5), dims: [2, 2] });
  });

  it('leaves out outputs that are no tensors', async () => {
    const nodes = [node('SequenceConstruct', ['x', 'x'], 'both'), node('Relu', ['x'], 'y')];
    const bytes = modelBytes({ nodes, inputs: [value('x', ['N', 2])], outputs: ['both', 'y'] });
    const session = await Session.create(bytes, 'x', oneThread);
    const outputs = await session.run({ data: Float32Array.of(1, -2), dims: [1, 2] });
    await session.release();
    expect(outputs).toEqual({ y: { data: Float32Array.of(1, 0), dims: [1, 2] } });
  });

  it("refuses a broken model in the runtime's words, naming the provider", async () => {
    const creating = Session.create(Uint8Array.of(1, 2, 3), 'x', oneThread);
    await expect(creating).rejects.toThrow(RuntimeError);
    await expect(creating).rejects.toThrow('Loading the model on cpu failed: ');
  });

  it('stays usable after a run that fails', async () => {
    const session = await Session.create(adding, 'x', oneThread);
    await expect(session.run({ data: Float32Array.of(1, 2, 3), dims: [1, 3] })).rejects.toThrow(
      'Running the model failed: ',
    );
    const { y } = await session.run({ data: Float32Array.of(1, 2), dims: [1, 2] });
    expect(y!.data).toEqual(Float32Array.of(2, 3));
    await session.release();
  });
});

describe('profileKernels', () => {
  it('names the providers of the kernels that ran', async () => {
    const model = modelBytes({
      nodes: [node('Softmax', ['x'], 'y', [intAttribute('axis', 1)])],
      inputs: [value('x', ['N', 2])],
    });
    const batch = { data: Float32Array.of(1, 2), dims: [1, 2] };
    expect(await profileKernels(model, 'x', batch, oneThread)).toEqual({
      provider: 'CPUExecutionProvider',
      kernels: { CPUExecutionProvider: { Softmax: 1 } },
      integerKernels: {},
    });
  });

  it('counts the operators that ran as integer kernels, where they may be fused', async () => {
    const scale = ['scale', 'zero'];
    const model = modelBytes({
      nodes: [
        node('QuantizeLinear', ['x', ...scale], 'q'),
        node('DequantizeLinear', ['q', ...scale], 'd'),
        node('DequantizeLinear', ['w', ...scale], 'dw'),
        node('Conv', ['d', 'dw'], 'c'),
        node('QuantizeLinear', ['c', ...scale], 'cq'),
        node('DequantizeLinear', ['cq', ...scale], 'y'),
      ],
      inputs: [value('x', [1, 1, 1, 2])],
      initializers: [
        tensor('scale', [], [1]),
        integerTensor('zero', [], storageOf({ bits: 8, signed: true }), [0]),
        integerTensor('w', [1, 1, 1, 1], storageOf({ bits: 8, signed: true }), [2]),
      ],
    });
    const batch = { data: Float32Array.of(1, 2), dims: [1, 1, 1, 2] };
    const fused = await profileKernels(model, 'x', batch, { ...oneThread, fuseQuantized: true });
    expect(fused.integerKernels).toEqual({ QLinearConv: 1 });
    expect((await profileKernels(model, 'x', batch, oneThread)).integerKernels).toEqual({});
  });

  it('wraps what the runtime says when the run fails', async () => {
    const batch = { data: Float32Array.of(1, 2, 3), dims: [1, 3] };
    await expect(profileKernels(adding, 'x', batch, oneThread)).rejects.toThrow(RuntimeError);
  });
});
