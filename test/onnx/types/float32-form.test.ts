import { describe, expect, it } from 'vitest';
import { findLayers } from '../../../src/onnx/layers/layers.js';
import { intAttribute } from '../../../src/onnx/node.js';
import { TensorProto_DataType } from '../../../src/onnx/proto/onnx_pb.js';
import { rawTensor, readFloatTensor } from '../../../src/onnx/tensor.js';
import { float32Form } from '../../../src/onnx/types/float32-form.js';
import { statedType } from '../../../src/onnx/types/element-types.js';
import { smallNetwork } from '../../engine/small-network.js';
import { buildModel, floatsOf, graphText, node, tensor, tensorAttribute, value } from '../build-model.js';
import { runOnX } from '../run-model.js';
import { randomFloats } from '../pseudo-random.js';
import { plainFloats, typedModel, typedTensor } from './typed-model.js';

const { BFLOAT16, DOUBLE, FLOAT, FLOAT16, INT64 } = TensorProto_DataType;

const small = smallNetwork('N');
const exact = {
  ...small,
  initializers: small.initializers!.map((own) =>
    tensor(own.name, own.dims.map(Number), plainFloats(new Float32Array(new Uint8Array(own.rawData).buffer))),
  ),
  outputShapes: { y: ['N', 10] },
} as const;
const x = { data: randomFloats(7, 216), dims: [2, 3, 6, 6] };

describe('float32Form', () => {
  it.each([
    ['float16', FLOAT16, false],
    ['bfloat16', BFLOAT16, false],
    ['float64', DOUBLE, false],
    ['float16 with float32 ends', FLOAT16, true],
    ['bfloat16 with float32 ends', BFLOAT16, true],
  ] as const)('of %s gives the outputs of the float32 twin, bit for bit', async (_name, type, keepsEnds) => {
    const { model, types } = float32Form(typedModel({ ...exact, type, keepsEnds }));
    expect(types).toHaveLength(1);
    expect(findLayers(model).filter(({ supported }) => supported)).toHaveLength(3);
    expect(statedType(model.graph.input[0]!)).toBe(FLOAT);
    expect(statedType(model.graph.output[0]!)).toBe(FLOAT);
    const expected = await runOnX(buildModel(exact), x);
    expect(Array.from((await runOnX(model, x)).data)).toEqual(Array.from(expected.data));
  });

  it('says what was of another type', () => {
    expect(float32Form(typedModel({ ...exact, type: FLOAT16 }))).toMatchObject({
      types: ['float16'],
      parts: ['weights', 'inputs', 'outputs'],
    });
    expect(float32Form(typedModel({ ...exact, type: BFLOAT16, keepsEnds: true }))).toMatchObject({
      types: ['bfloat16'],
      parts: ['weights'],
    });
  });

  it('leaves a float32 model as it is, and float64 that only computes sizes', () => {
    const model = buildModel({
      nodes: [
        node('Constant', [], 'half', [tensorAttribute('value', typedTensor(tensor('', [], [0.5]), DOUBLE))]),
        node('Cast', ['half'], 'half32', [intAttribute('to', FLOAT)]),
        node('Mul', ['x', 'half32'], 'y'),
      ],
    });
    expect(float32Form(model)).toEqual({ model, types: [], parts: [] });
  });

  it('leaves out the Casts that have nothing to do, and keeps those from integers', () => {
    const model = typedModel({
      type: FLOAT16,
      nodes: [
        node('Cast', ['x'], 'wide', [intAttribute('to', FLOAT)]),
        node('Relu', ['wide'], 'r'),
        node('Cast', ['r'], 'narrow', [intAttribute('to', FLOAT16)]),
        node('Shape', ['x'], 'shape'),
        node('Cast', ['shape'], 'sizes', [intAttribute('to', FLOAT16)]),
        node('ReduceMax', ['sizes'], 'size'),
        node('Mul', ['narrow', 'size'], 'product'),
        node('Cast', ['product'], 'y', [intAttribute('to', FLOAT)]),
      ],
      inputs: [value('x', ['N', 2])],
      outputShapes: { y: ['N', 2] },
      keepsEnds: false,
    });
    expect(graphText(float32Form(model).model)).toBe(
      [
        'r = Relu(x)',
        'shape = Shape(x)',
        'sizes = Cast(shape) {to=1}',
        'size = ReduceMax(sizes)',
        'product = Mul(r, size)',
        'y = Identity(product)',
      ].join('\n'),
    );
  });

  it('reads float16 numbers by hand, raw and as integers, in initializers and Constant nodes', () => {
    const bits = [0x3c00, 0xc000, 0x0001, 0x83ff, 0x7bff, 0x7c00, 0xfc00, 0x7e00];
    const numbers = [1, -2, 2 ** -24, -1023 * 2 ** -24, 65504, Infinity, -Infinity, NaN];
    const raw = rawTensor('raw', [8], FLOAT16, new Uint8Array(Uint16Array.from(bits).buffer));
    const typed = rawTensor('typed', [8], FLOAT16, new Uint8Array(0));
    typed.int32Data = bits;
    const inConstant = rawTensor('', [8], FLOAT16, new Uint8Array(Uint16Array.from(bits).buffer));
    const { model } = float32Form(
      buildModel({
        nodes: [
          node('Constant', [], 'constant', [tensorAttribute('value', inConstant)]),
          node('Sum', ['x', 'raw', 'typed', 'constant'], 'y'),
        ],
        initializers: [raw, typed],
      }),
    );
    expect(floatsOf(model, 'raw')).toEqual(numbers);
    expect(floatsOf(model, 'typed')).toEqual(numbers);
    const { t } = model.graph.node[0]!.attribute[0]!;
    expect([...new Float32Array(new Uint8Array(t!.rawData).buffer)]).toEqual(numbers);
  });

  it('reads bfloat16 numbers by hand', () => {
    const bits = [0x3f80, 0xc000, 0x0001, 0x7f7f, 0x7f80, 0xff80, 0x7fc0];
    const numbers = [1, -2, 2 ** -133, 255 * 2 ** 120, Infinity, -Infinity, NaN];
    const raw = rawTensor('raw', [7], BFLOAT16, new Uint8Array(Uint16Array.from(bits).buffer));
    const { model } = float32Form(buildModel({ nodes: [node('Add', ['x', 'raw'], 'y')], initializers: [raw] }));
    expect(floatsOf(model, 'raw')).toEqual(numbers);
  });

  it('makes a layer of a weight in a Constant node and of one that the file stores in float16 alone', () => {
    const half = typedTensor(tensor('half', [2, 2], [1, 2, 3, 4]), FLOAT16);
    const { model } = float32Form(
      buildModel({
        nodes: [
          node('Constant', [], 'constant', [tensorAttribute('value', half)]),
          node('Cast', ['constant'], 'wide', [intAttribute('to', FLOAT)]),
          node('MatMul', ['x', 'wide'], 'm'),
          node('Cast', ['half'], 'wide2', [intAttribute('to', FLOAT)]),
          node('MatMul', ['m', 'wide2'], 'y'),
        ],
        inputs: [value('x', ['N', 2])],
        initializers: [half],
      }),
    );
    const layers = findLayers(model);
    expect(layers.map((layer) => layer.supported && [...readFloatTensor(layer.weight)])).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
  });

  it('refuses a float64 weight beyond float32, and a cast of bits', () => {
    const weight = rawTensor('w', [1, 1], DOUBLE, new Uint8Array(Float64Array.of(1e300).buffer));
    const beyond = buildModel({ nodes: [node('MatMul', ['x', 'w'], 'y')], initializers: [weight] });
    expect(() => float32Form(beyond)).toThrow(/Tensor "w": expected numbers within float32.*got 1e\+300 at 0/);
    const bits = buildModel({
      nodes: [node('BitCast', ['x'], 'y', [intAttribute('to', FLOAT16)])],
      inputs: [value('x', [2], INT64)],
    });
    expect(() => float32Form(bits)).toThrow(/BitCast "y".*float16/);
  });
});
