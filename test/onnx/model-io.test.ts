import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { checkSampleShape, fixedBatchSize, resolveModelIo } from '../../src/onnx/model-io.js';
import { TensorProto_DataType, ValueInfoProtoSchema } from '../../src/onnx/proto/onnx_pb.js';
import { buildModel, node, tensor, value } from './build-model.js';

const unnamed = { input: null, output: null };
const nodes = [node('Relu', ['x'], 'y'), node('Abs', ['x'], 'z')];

describe('resolveModelIo', () => {
  it('takes the only input and output', () => {
    const model = buildModel({ nodes, inputs: [value('x', ['N', 3, 8, 'W'])] });
    expect(resolveModelIo(model, unnamed)).toEqual({
      input: 'x',
      output: 'y',
      outputs: [{ name: 'y', elemType: 0, shape: null }],
      inputShape: [null, 3, 8, null],
      axisNames: new Map([['x', ['N', null, null, 'W']]]),
      further: [],
    });
  });

  it('does not take an initializer that is listed as an input for one', () => {
    const adding = [node('Add', ['x', 'w'], 'y')];
    const inputs = [value('x', ['N']), value('w', [1])];
    const model = buildModel({ nodes: adding, inputs, initializers: [tensor('w', [1], [1])] });
    expect(resolveModelIo(model, unnamed).input).toBe('x');
  });

  it('lists the names when the wanted one is not there', () => {
    const model = buildModel({ nodes, outputs: ['y', 'z'] });
    expect(() => resolveModelIo(model, { input: 'image', output: 'y' })).toThrow(
      'Expected model.input to be one of "x", got "image".',
    );
    expect(() => resolveModelIo(model, { input: 'x', output: 'logits' })).toThrow(
      'Expected model.output to be one of "y", "z", got "logits".',
    );
  });

  it('asks for a name when there are several outputs and one is scored', () => {
    const model = buildModel({ nodes, outputs: ['y', 'z'] });
    const one = { outputs: 'one', readsIntegers: false } as const;
    expect(() => resolveModelIo(model, unnamed, one)).toThrow(
      'The model has 2 outputs: "y", "z". Name one as model.output.',
    );
    expect(resolveModelIo(model, { input: null, output: 'z' }).output).toBe('z');
  });

  it('asks which of several inputs gets the samples, and lists the others with type and shape', () => {
    const inputs = [value('x', ['N']), value('u', ['N', 2], TensorProto_DataType.INT64)];
    const two = buildModel({ nodes: [node('Add', ['x', 'u'], 'y')], inputs });
    expect(() => resolveModelIo(two, unnamed)).toThrow('The model has 2 inputs: "x", "u". Name one as model.input.');
    expect(resolveModelIo(two, { input: 'x', output: null }).further).toEqual([
      { name: 'u', elemType: TensorProto_DataType.INT64, shape: [null, 2] },
    ]);
  });

  it('knows the type of an input of integers, and refuses one of text', () => {
    const bytes = buildModel({ nodes, inputs: [value('x', ['N'], TensorProto_DataType.UINT8)] });
    expect(resolveModelIo(bytes, unnamed).inputType).toBe(TensorProto_DataType.UINT8);
    const text = buildModel({ nodes, inputs: [value('x', ['N'], TensorProto_DataType.STRING)] });
    expect(() => resolveModelIo(text, unnamed)).toThrow('Expected input "x" to take numbers, got string.');
  });

  it('knows no shape when the model tells none', () => {
    const io = resolveModelIo(buildModel({ nodes, inputs: [create(ValueInfoProtoSchema, { name: 'x' })] }), unnamed);
    expect(io.inputShape).toBeNull();
    expect(fixedBatchSize(io)).toBeNull();
    expect(() => {
      checkSampleShape(io, [1, 2, 3]);
    }).not.toThrow();
  });
});

describe('fixedBatchSize', () => {
  it.each<[number | string, number | null]>([
    [4, 4],
    ['N', null],
    [0, null],
    [-1, null],
  ])('of a batch axis of %s is %s', (batch, expected) => {
    const model = buildModel({ nodes, inputs: [value('x', [batch, 3])] });
    expect(fixedBatchSize(resolveModelIo(model, unnamed))).toBe(expected);
  });
});

describe('checkSampleShape', () => {
  const io = resolveModelIo(buildModel({ nodes, inputs: [value('x', ['N', 3, 'H', 8])] }), unnamed);

  it('accepts samples that fit, with any size along a free axis', () => {
    expect(() => {
      checkSampleShape(io, [3, 100, 8]);
    }).not.toThrow();
  });

  it.each([[[8, 100, 3]], [[3, 100]], [[3, 100, 8, 1]]])('refuses samples of shape %j with both shapes', (shape) => {
    expect(() => {
      checkSampleShape(io, shape);
    }).toThrow(`Expected samples of shape [3, any, 8] for input "x", got [${shape.join(', ')}].`);
  });
});
