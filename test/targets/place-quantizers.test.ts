import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../src/onnx/node.js';
import { TensorProto_DataType } from '../../src/onnx/proto/onnx_pb.js';
import { int64Tensor } from '../../src/onnx/tensor.js';
import { placeQuantizers } from '../../src/targets/place-quantizers.js';
import { targets, type PlacingTargetName } from '../../src/targets/registry.js';
import { graphAttribute, node, subgraph, tensor, value } from '../onnx/build-model.js';
import {
  blockModel,
  CHANNELS,
  concat,
  conv,
  depthwise,
  place,
  quantizedText,
  readersText,
  relu,
  runsOf,
} from './placed-blocks.js';

const pool = (input: string, output: string) =>
  node('MaxPool', [input], output, [intsAttribute('kernel_shape', [2, 2]), intsAttribute('strides', [2, 2])]);

const average = (input: string, output: string) =>
  node('AveragePool', [input], output, [intsAttribute('kernel_shape', [2, 2])]);

const pads = int64Tensor('pads', [0, 0, 1, 1, 0, 0, 1, 1]);

const matrices = { inputs: [value('x', [4, CHANNELS])] };

describe('onnxruntime-cpu', () => {
  const target = 'onnxruntime-cpu';

  it('quantizes for all readers of a tensor that integers make, and for integer ones of others', () => {
    const model = blockModel([
      node('Tanh', ['x'], 'tanh'),
      conv('tanh', 'c1'),
      node('Elu', ['tanh'], 'elu'),
      node('Elu', ['c1'], 'elu1'),
      node('Shape', ['c1'], 'shape'),
      node('Reshape', ['elu', 'shape'], 'reshaped'),
      node('Sub', ['reshaped', 'elu1'], 'sub'),
      conv('sub', 'y'),
    ]);
    const placement = place(model, target);
    expect(readersText(placement, 'c1')).toBe('elu1#0 shape#0');
    expect(readersText(placement, 'tanh')).toBe('c1#0');
    expect(quantizedText(placement)).toBe('tanh c1 sub y');
    expect(runsOf(placement, 'sub')).toBe('float: has no integer form');
    expect(runsOf(placement, 'shape')).toBe('not there');
  });

  it('leaves the last product in float, but no last convolution', () => {
    const gemm = (input: string, output: string) => node('Gemm', [input, 'm', 'vector'], output);
    const matmul = (input: string, output: string) => node('MatMul', [input, 'm'], output);
    const two = place(blockModel([gemm('x', 'g1'), relu('g1', 'r'), gemm('r', 'y')], matrices), target);
    expect(quantizedText(two)).toBe('x r');
    const activated = place(blockModel([gemm('x', 'g1'), relu('g1', 'y')], matrices), target);
    expect(quantizedText(activated)).toBe('x');
    expect(runsOf(activated, 'y')).toBe('float');
    const softmax = place(blockModel([matmul('x', 'g1'), node('Softmax', ['g1'], 'y')], matrices), target);
    expect(quantizedText(softmax)).toBe('x');
    expect(runsOf(softmax, 'y')).toBe('float: is read by no integer operator');
    const convolution = place(blockModel([conv('x', 'y')]), target);
    expect(quantizedText(convolution)).toBe('x y');
    expect(convolution.quantizers.map(({ isOutput }) => isOutput)).toEqual([false, true]);
  });

  it('keeps a last product and the Add behind it apart, which the runtime would join', () => {
    const model = blockModel([node('MatMul', ['x', 'm'], 'g'), node('Add', ['g', 'vector'], 'y')], matrices);
    const placement = place(model, target);
    expect(quantizedText(placement)).toBe('x g');
    expect(runsOf(placement, 'y')).toBe('float: has a constant operand, which is not quantized here');
  });

  it('quantizes right behind a layer whose activation is none of its own', () => {
    for (const op of ['Tanh', 'Sigmoid', 'LeakyRelu']) {
      const model = blockModel([conv('x', 'c'), node(op, ['c'], 'act'), conv('act', 'y')]);
      expect(quantizedText(place(model, target))).toBe('x c act y');
    }
  });

  it('has a Clip in the layer only where it begins at 0 with constant bounds', () => {
    const clip = (bounds: readonly string[]) =>
      place(blockModel([conv('x', 'c'), node('Clip', ['c', ...bounds], 'clip'), conv('clip', 'y')]), target);
    expect(quantizedText(clip(['zero', 'six']))).toBe('x clip y');
    expect(quantizedText(clip(['zero']))).toBe('x clip y');
    expect(quantizedText(clip(['minusOne', 'one']))).toBe('x c clip y');
    expect(quantizedText(clip(['', 'six']))).toBe('x c clip y');
    const old = [floatAttribute('min', 0), floatAttribute('max', 6)];
    const opset10 = blockModel([conv('x', 'c'), node('Clip', ['c'], 'clip', old), conv('clip', 'y')], { opset: 10 });
    expect(quantizedText(place(opset10, target))).toBe('x clip y');
  });

  it('has no activation in a layer that others read as well', () => {
    const model = blockModel([conv('x', 'c'), relu('c', 'r'), node('Add', ['c', 'r'], 'add'), conv('add', 'y')]);
    const placement = place(model, target);
    expect(quantizedText(placement)).toBe('x c r add y');
    expect(runsOf(placement, 'r')).toBe('float: has no integer form');
    const output = blockModel([conv('x', 'c'), relu('c', 'r'), conv('r', 'y')], { outputs: ['c', 'y'] });
    expect(quantizedText(place(output, target))).toBe('x c r y');
  });

  it('ties what passes integers on with what it reads, whose range is the one', () => {
    const model = blockModel([
      conv('x', 'c'),
      pool('c', 'pool'),
      node('Transpose', ['pool'], 'transposed', [intsAttribute('perm', [0, 1, 3, 2])]),
      conv('transposed', 'y'),
    ]);
    const placement = place(model, target);
    expect(quantizedText(placement)).toBe('x c=pool=transposed y');
    expect(placement.groups[1]).toEqual({ observed: ['c'], range: null });
    expect(runsOf(placement, 'pool')).toBe('pass');
  });

  it('ties all parts of a Split', () => {
    const halves = [int64Tensor('parts', [8, 8]), tensor('w8', [16, 8, 1, 1], new Array<number>(128).fill(0.1))];
    const model = blockModel(
      [
        conv('x', 'c'),
        node('Split', ['c', 'parts'], ['p', 'q'], [intAttribute('axis', 1)]),
        node('Mul', ['p', 'q'], 'mul'),
        node('Conv', ['mul', 'w8'], 'y'),
      ],
      { initializers: halves },
    );
    expect(quantizedText(place(model, target))).toBe('x c=p=q mul y');
  });

  it('passes integers through MaxPool from opset 12 on, and through Resize that repeats', () => {
    const nodes = [conv('x', 'c'), pool('c', 'pool'), conv('pool', 'y')];
    expect(quantizedText(place(blockModel(nodes, { opset: 11 }), target))).toBe('x c pool y');
    expect(runsOf(place(blockModel(nodes, { opset: 11 }), target), 'pool')).toBe(
      'float: is of opset 11, and has integer kernels from opset 12 on',
    );
    expect(quantizedText(place(blockModel(nodes, { opset: 12 }), target))).toBe('x c=pool y');
    const resize = (mode: string) =>
      place(
        blockModel([
          conv('x', 'c'),
          node('Resize', ['c', '', 'scales'], 'r', [stringAttribute('mode', mode)]),
          conv('r', 'y'),
        ]),
        target,
      );
    expect(quantizedText(resize('nearest'))).toBe('x c=r y');
    expect(quantizedText(resize('linear'))).toBe('x c r y');
    expect(runsOf(resize('linear'), 'r')).toBe('float: interpolates (linear)');
  });

  it('has a Pad with zeros in the convolution that alone reads it', () => {
    const padded = (extra: readonly string[]) =>
      place(
        blockModel(
          [conv('x', 'c'), node('Add', ['c', 'x'], 'a'), node('Pad', ['a', 'pads', ...extra], 'p'), conv('p', 'y')],
          {
            initializers: [pads],
          },
        ),
        target,
      );
    expect(quantizedText(padded([]))).toBe('x c a=p y');
    expect(quantizedText(padded(['zero']))).toBe('x c a=p y');
    expect(runsOf(padded([]), 'p')).toBe('pass');
    expect(runsOf(padded([]), 'a')).toBe('quantize');
    expect(quantizedText(padded(['one']))).toBe('x c p y');
    expect(runsOf(padded(['one']), 'a')).toBe('float: is read by no integer operator');
  });

  it('keeps the scale across any other Pad with zeros, which is float', () => {
    const model = blockModel(
      [conv('x', 'c'), node('Pad', ['c', 'pads'], 'p'), conv('p', 'a'), conv('p', 'b'), node('Sub', ['a', 'b'], 'y')],
      { initializers: [pads] },
    );
    expect(quantizedText(place(model, target))).toBe('x c=p a b');
    expect(runsOf(place(model, target), 'p')).toBe('float: has no integer form');
  });

  it('does not quantize between operators in float', () => {
    const model = blockModel([
      node('Tanh', ['x'], 'a'),
      node('Elu', ['x'], 'b'),
      node('Add', ['a', 'b'], 'add'),
      average('add', 'pooled'),
      conv('pooled', 'y'),
    ]);
    const placement = place(model, target);
    expect(quantizedText(placement)).toBe('pooled y');
    expect(runsOf(placement, 'add')).toBe('float: reads no result of an integer operator');
    expect(runsOf(placement, 'pooled')).toBe('float: reads no result of an integer operator');
  });

  it('keeps ConvTranspose in float, and quantizes around it', () => {
    const up = tensor('up', [CHANNELS, CHANNELS, 1, 1], new Array<number>(256).fill(0.1));
    const model = blockModel(
      [conv('x', 'c'), relu('c', 'r'), node('ConvTranspose', ['r', 'up'], 'u'), relu('u', 'ru'), conv('ru', 'y')],
      { initializers: [up] },
    );
    const placement = place(model, target);
    expect(quantizedText(placement)).toBe('x r ru y');
    expect(runsOf(placement, 'u')).toBe('float: has no integer form');
  });

  it('gives Softmax between integers the levels of 1/256', () => {
    const model = blockModel([conv('x', 'c'), node('Softmax', ['c'], 's', [intAttribute('axis', 1)]), conv('s', 'y')]);
    expect(place(model, target).groups[2]).toEqual({ observed: ['s'], range: { low: 0, high: 255 / 256 } });
  });

  it('leaves layers in float that are to be, and operators that fit none of their conditions', () => {
    const model = blockModel([conv('x', 'c1'), relu('c1', 'r'), conv('r', 'c2'), conv('c2', 'y')]);
    const placement = place(model, target, ['c2']);
    expect(quantizedText(placement)).toBe('x r c2 y');
    expect(readersText(placement, 'r')).toBe('c2#0');
    expect(runsOf(placement, 'c2')).toBe('float: is kept in float');
    const biased = blockModel([
      node('ReduceMean', ['x'], 'b', [intAttribute('keepdims', 0)]),
      node('Conv', ['x', 'w', 'b'], 'y'),
    ]);
    expect(runsOf(place(biased, target), 'y')).toBe('float: has a bias that is computed');
    // Whoever asks for no integers of it learns that there are none.
    expect(runsOf(place(biased, target, ['y']), 'y')).toBe('float: has a bias that is computed');
    const scaled = blockModel([node('Gemm', ['x', 'm', 'vector'], 'y', [floatAttribute('beta', 2)])], matrices);
    expect(runsOf(place(scaled, target), 'y')).toBe('float: is left alone: it scales its product (alpha, beta)');
  });

  it('leaves a layer in float whose output a branch reads by itself', () => {
    const branch = graphAttribute('then_branch', subgraph([node('Neg', ['c'], 'n')], ['n']));
    const other = graphAttribute('else_branch', subgraph([node('Abs', ['c'], 'n2')], ['n2']));
    const model = blockModel([conv('x', 'c'), conv('c', 'y'), node('If', ['condition'], 'z', [branch, other])], {
      inputs: [value('x', [1, CHANNELS, 8, 8]), value('condition', [], TensorProto_DataType.BOOL)],
      outputs: ['y', 'z'],
    });
    const placement = place(model, target);
    expect(runsOf(placement, 'c')).toBe('float: is read inside a branch or a loop');
    expect(quantizedText(placement)).toBe('c y');
  });

  it('quantizes layers alone on demand', () => {
    const model = blockModel([
      conv('x', 'c1'),
      relu('c1', 'r'),
      pool('r', 'p'),
      conv('p', 'c2'),
      node('Add', ['c2', 'p'], 'y'),
    ]);
    const layers = new Set(['c2']);
    const placement = placeQuantizers(model, targets[target], { layers, others: false });
    expect(quantizedText(placement)).toBe('p c2');
    expect(readersText(placement, 'p')).toBe('c2#0');
    expect(placement.nodes.filter(({ runs }) => runs !== 'float').map((placed) => placed.node)).toEqual(['c2']);
  });

  it('quantizes what is computed of integers that are fed', () => {
    const pixels = blockModel(
      [node('Cast', ['u'], 'x', [intAttribute('to', TensorProto_DataType.FLOAT)]), conv('x', 'c'), conv('c', 'y')],
      { inputs: [value('u', [1, CHANNELS, 8, 8], TensorProto_DataType.UINT8)] },
    );
    expect(quantizedText(place(pixels, target))).toBe('x c y');
    const tokens = blockModel(
      [
        node('Add', ['ids', 'ids'], 'twice'),
        node('Gather', ['m', 'twice'], 'e'),
        node('MatMul', ['e', 'm'], 'a'),
        node('MatMul', ['a', 'm'], 'y'),
      ],
      { inputs: [value('ids', [4], TensorProto_DataType.INT64)] },
    );
    const placement = place(tokens, target);
    expect(quantizedText(placement)).toBe('e a');
    expect(placement.nodes.map((placed) => placed.node)).toEqual(['e', 'a', 'y']);
  });

  it('quantizes products of two computed tensors', () => {
    const model = blockModel(
      [
        node('MatMul', ['x', 'm'], 'a'),
        node('Transpose', ['x'], 't'),
        node('MatMul', ['a', 't'], 's'),
        node('MatMul', ['s', 'w4'], 'y'),
      ],
      { ...matrices, initializers: [tensor('w4', [4, 3], new Array<number>(12).fill(0.1))] },
    );
    expect(quantizedText(place(model, target))).toBe('x=t a s');
  });

  it('says of an operator of another domain that it is one', () => {
    const foreign = Object.assign(node('Gelu', ['c'], 'g'), { domain: 'com.example' });
    const model = blockModel([conv('x', 'c'), foreign, conv('g', 'y')]);
    expect(runsOf(place(model, target), 'g')).toBe('float: is of the domain com.example');
    expect(quantizedText(place(model, target))).toBe('x c g y');
  });
});

describe.each(Object.keys(targets) as PlacingTargetName[])('a Concat with a constant on %s', (target) => {
  it('is in float: its range would not be that of its other inputs, nor would the constant be integers', () => {
    const k = tensor('k', [1, CHANNELS, 8, 8], new Array<number>(CHANNELS * 64).fill(9));
    const model = blockModel([conv('x', 'c'), concat(['c', 'x', 'k'], 'joined'), node('Conv', ['joined', 'w3'], 'y')], {
      initializers: [k],
    });
    const placement = place(model, target);
    expect(runsOf(placement, 'joined')).toBe('float: has a constant operand, which is not quantized here');
    expect(readersText(placement, 'joined')).toBe('y#0');
    expect(placement.groups.every(({ observed }) => observed.length === 1)).toBe(true);
  });
});

describe('tensorrt', () => {
  const target = 'tensorrt';

  it('quantizes the shorter branch of a residual where both come from a layer', () => {
    const nodes = (add: readonly string[]) => [
      conv('x', 'stem'),
      relu('stem', 'r0'),
      conv('r0', 'c1'),
      relu('c1', 'r1'),
      conv('r1', 'c2'),
      conv('r0', 'down'),
      node('Add', add, 'add'),
      relu('add', 'r2'),
      conv('r2', 'y'),
    ];
    for (const add of [
      ['c2', 'down'],
      ['down', 'c2'],
    ]) {
      const placement = place(blockModel(nodes(add)), target);
      expect(quantizedText(placement)).toBe('x r0 r1 down r2');
      expect(readersText(placement, 'down')).toBe(`add#${add.indexOf('down')}`);
    }
  });

  it('quantizes the identity where that comes from a layer too', () => {
    const model = blockModel([
      conv('x', 'stem'),
      relu('stem', 'r0'),
      conv('r0', 'c1'),
      node('Add', ['r0', 'c1'], 'add'),
      conv('add', 'y'),
    ]);
    const placement = place(model, target);
    expect(quantizedText(placement)).toBe('x r0 add');
    expect(readersText(placement, 'r0')).toBe('c1#0 add#0');
  });

  it('quantizes both inputs of an Add of two other tensors, if its result is read in integers', () => {
    const nodes = [average('x', 'a'), pool('x', 'b'), node('Add', ['a', 'b'], 'add')];
    const read = place(blockModel([...nodes, conv('add', 'y')]), target);
    expect(quantizedText(read)).toBe('x a add');
    expect(readersText(read, 'x')).toBe('a#0 b#0');
    const unread = place(blockModel([...nodes, node('Tanh', ['add'], 'y')]), target);
    expect(quantizedText(unread)).toBe('');
    expect(runsOf(unread, 'add')).toBe('float: is read by no integer operator');
  });

  it('quantizes above what passes integers on, unless something else reads them', () => {
    const nodes = [conv('x', 'c'), pool('c', 'p'), conv('p', 'y')];
    expect(quantizedText(place(blockModel(nodes), target))).toBe('x c');
    const read = place(blockModel([...nodes, node('Tanh', ['p'], 'z')], { outputs: ['y', 'z'] }), target);
    expect(quantizedText(read)).toBe('x p');
    expect(readersText(read, 'p')).toBe('y#0');
    const given = place(blockModel(nodes, { outputs: ['y', 'p'] }), target);
    expect(quantizedText(given)).toBe('x p');
    expect(given.quantizers.every(({ isOutput }) => !isOutput)).toBe(true);
  });

  it('leaves convolutions of few channels in float as ModelOpt does, but the first', () => {
    const few = (name: string, inputs: number, outputs: number, kernel = [3, 3]) =>
      tensor(
        name,
        [outputs, inputs, ...kernel],
        new Array<number>(inputs * outputs * kernel[0]! * kernel[1]!).fill(0.1),
      );
    const model = blockModel(
      [
        node('Conv', ['x', 'first'], 'c1'),
        node('Conv', ['c1', 'second'], 'c2'),
        node('Conv', ['c2', 'third'], 'c3'),
        node('Conv', ['c3', 'flat'], 'y'),
      ],
      {
        inputs: [value('x', [1, 3, 32, 32])],
        initializers: [few('first', 3, 8), few('second', 8, 12), few('third', 12, 16), few('flat', 16, 8, [1, 3])],
      },
    );
    const placement = place(model, target);
    expect(['c1', 'c2', 'c3', 'y'].map((name) => runsOf(placement, name))).toEqual([
      'quantize',
      'float: has few channels (8 per output, 12 outputs)',
      'quantize',
      'float: has few channels (16 per output, 8 outputs)',
    ]);
    const pointwise = tensor('pw', [CHANNELS, 1, 1, 1], new Array<number>(CHANNELS).fill(0.1));
    const grouped = blockModel(
      [depthwise('x', 'd'), node('Conv', ['d', 'pw'], 'y', [intAttribute('group', CHANNELS)])],
      { initializers: [pointwise] },
    );
    expect(runsOf(place(grouped, target), 'd')).toBe('quantize');
    expect(runsOf(place(grouped, target), 'y')).toBe('float: has few channels (1 per output, 16 outputs)');
  });

  it('has no quantizer between Pad and Conv', () => {
    const model = blockModel([conv('x', 'c'), node('Pad', ['c', 'pads'], 'p'), conv('p', 'y')], {
      initializers: [pads],
    });
    const placement = place(model, target);
    expect(quantizedText(placement)).toBe('x c');
    expect(readersText(placement, 'c')).toBe('p#0');
  });

  it('has no quantizer on a bias, a Softmax or an output', () => {
    const model = blockModel([conv('x', 'c'), node('Softmax', ['c'], 'y')]);
    expect(quantizedText(place(model, target))).toBe('x');
  });
});

describe('openvino', () => {
  const target = 'openvino';

  it('quantizes inputs alone, and none behind the last operator', () => {
    const model = blockModel([conv('x', 'c'), relu('c', 'r'), node('Add', ['r', 'x'], 'y')]);
    expect(quantizedText(place(model, target))).toBe('x r');
  });

  it('gives the branches of a Concat one scale, above what passes integers on', () => {
    const model = blockModel([
      conv('x', 'c1'),
      pool('c1', 'p1'),
      conv('x', 'c2'),
      pool('c2', 'p2'),
      node('Concat', ['p1', 'p2', 'p1'], 'k', [intAttribute('axis', 1)]),
      node('Conv', ['k', 'w3'], 'y'),
    ]);
    const placement = place(model, target);
    expect(quantizedText(placement)).toBe('x c1=c2');
    expect(placement.groups[1]!.observed).toEqual(['c1', 'c2']);
  });

  it('quantizes a Concat behind it where something else reads it', () => {
    const nodes = [conv('x', 'c1'), conv('x', 'c2'), concat(['c1', 'c2', 'x'], 'k'), node('Conv', ['k', 'w3'], 'y')];
    expect(quantizedText(place(blockModel(nodes, { outputs: ['y', 'k'] }), target))).toBe('x k');
  });

  it('takes 8 bits into every Resize', () => {
    const model = blockModel([
      conv('x', 'c'),
      node('Resize', ['c', '', 'scales'], 'r', [stringAttribute('mode', 'linear')]),
      conv('r', 'y'),
    ]);
    expect(quantizedText(place(model, target))).toBe('x c r');
  });
});

describe('qnn', () => {
  const target = 'qnn';

  it('quantizes every tensor, the last one included', () => {
    const model = blockModel([conv('x', 'c'), node('Sigmoid', ['c'], 'y')]);
    const placement = place(model, target);
    expect(quantizedText(placement)).toBe('x c y');
    expect(placement.groups[2]).toEqual({ observed: ['y'], range: { low: 0, high: 1 } });
    expect(placement.quantizers[2]!.isOutput).toBe(true);
  });

  it('fixes the range of Tanh, also behind what passes it on', () => {
    const model = blockModel([conv('x', 'c'), node('Tanh', ['c'], 't'), pool('t', 'p'), conv('p', 'y')]);
    const placement = place(model, target);
    expect(quantizedText(placement)).toBe('x c t=p y');
    expect(placement.groups[2]).toEqual({ observed: ['t'], range: { low: -1, high: 1 } });
  });

  it('takes two inputs of Min alone', () => {
    const model = blockModel([conv('x', 'a'), conv('x', 'b'), node('Min', ['a', 'b', 'x'], 'y')]);
    expect(runsOf(place(model, target), 'y')).toBe('float: has 3 inputs, not two');
  });
});

describe('xnnpack', () => {
  const target = 'xnnpack';

  it('ties an average pooling, whose range its input holds', () => {
    const placement = place(blockModel([conv('x', 'c'), average('c', 'p'), conv('p', 'y')]), target);
    expect(quantizedText(placement)).toBe('x c=p y');
    expect(placement.groups[1]!.observed).toEqual(['c']);
    expect(runsOf(placement, 'p')).toBe('quantize');
  });

  it('joins no range that is fixed with another, not behind a pool either', () => {
    const model = blockModel([
      conv('x', 'c'),
      node('Sigmoid', ['c'], 's'),
      average('s', 'a'),
      average('c', 'b'),
      concat(['a', 'b', 'b'], 'k'),
      node('Conv', ['k', 'w3'], 'y'),
    ]);
    const placement = place(model, target);
    expect(runsOf(placement, 'k')).toBe('float: joins tensors whose ranges the target fixes differently');
    expect(quantizedText(placement)).toBe('x c=b s=a k y');
  });

  it('observes all branches of a Concat, whose scale is one', () => {
    const model = blockModel([
      conv('x', 'a'),
      conv('x', 'b'),
      concat(['a', 'b', 'x'], 'k'),
      node('Conv', ['k', 'w3'], 'y'),
    ]);
    const placement = place(model, target);
    expect(quantizedText(placement)).toBe('x=a=b=k y');
    expect(placement.groups[0]!.observed).toEqual(['x', 'a', 'b']);
  });

  it('leaves a Concat in float that would tie a range that is fixed', () => {
    const model = blockModel([
      conv('x', 'a'),
      node('Sigmoid', ['a'], 's'),
      concat(['a', 's', 'x'], 'k'),
      node('Conv', ['k', 'w3'], 'y'),
    ]);
    const placement = place(model, target);
    expect(quantizedText(placement)).toBe('x a s k y');
    expect(runsOf(placement, 'k')).toBe('float: joins tensors whose ranges the target fixes differently');
    expect(placement.groups[2]).toEqual({ observed: ['s'], range: { low: 0, high: 255 / 256 } });
  });
});
