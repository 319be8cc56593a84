import { describe, expect, it } from 'vitest';
import type { OnnxModel } from '../../src/onnx/onnx-model.js';
import type { PlacingTargetName } from '../../src/targets/registry.js';
import { node, value } from '../onnx/build-model.js';
import { blockModel, CHANNELS, concat, conv, depthwise, place, quantizedText, relu } from './placed-blocks.js';

/** What each target quantizes; tensors that share a scale are joined by `=`. */
interface Block {
  readonly block: string;
  readonly model: OnnxModel;
  readonly expected: Readonly<Record<Exclude<PlacingTargetName, 'onnxruntime-cpu-avx2'>, string>>;
}

const blocks: readonly Block[] = [
  {
    block: 'x -> Conv, Relu -> Conv -> Add(x) -> Relu -> Conv',
    model: blockModel([
      conv('x', 'conv1'),
      relu('conv1', 'relu1'),
      conv('relu1', 'conv2'),
      node('Add', ['conv2', 'x'], 'add'),
      relu('add', 'relu2'),
      conv('relu2', 'y'),
    ]),
    expected: {
      'onnxruntime-cpu': 'x relu1 conv2 relu2 y',
      qnn: 'x relu1 conv2 relu2 y',
      xnnpack: 'x relu1 conv2 relu2 y',
      tensorrt: 'x relu1 relu2',
      openvino: 'x relu1 conv2 relu2',
    },
  },
  {
    block: 'three Conv -> Concat -> Conv',
    model: blockModel([
      conv('x', 'c1'),
      conv('x', 'c2'),
      conv('x', 'c3'),
      concat(['c1', 'c2', 'c3'], 'concat'),
      node('Conv', ['concat', 'w3'], 'y'),
    ]),
    expected: {
      'onnxruntime-cpu': 'x c1 c2 c3 concat y',
      qnn: 'x c1 c2 c3 concat y',
      xnnpack: 'x c1=c2=c3=concat y',
      // One scale behind the Concat, which is that of each of its inputs.
      tensorrt: 'x c1=c2=c3',
      openvino: 'x c1=c2=c3',
    },
  },
  {
    block: 'depthwise Conv, Clip(0, 6) -> 1x1 Conv',
    model: blockModel([depthwise('x', 'dwise'), node('Clip', ['dwise', 'zero', 'six'], 'clip'), conv('clip', 'y')]),
    expected: {
      'onnxruntime-cpu': 'x clip y',
      qnn: 'x clip y',
      xnnpack: 'x clip y',
      tensorrt: 'x clip',
      openvino: 'x clip',
    },
  },
  {
    block: 'Resize nearest -> Add(skip) -> Conv',
    model: blockModel(
      [node('Resize', ['x', '', 'scales'], 'resize'), node('Add', ['resize', 'skip'], 'add'), conv('add', 'y')],
      { inputs: [value('x', [1, CHANNELS, 8, 8]), value('skip', [1, CHANNELS, 16, 16])] },
    ),
    expected: {
      'onnxruntime-cpu': 'x=resize skip add y',
      qnn: 'x=resize skip add y',
      xnnpack: 'x=resize skip add y',
      tensorrt: 'x skip add',
      openvino: 'x skip add',
    },
  },
];

describe.each(blocks)('$block', ({ model, expected }) => {
  it.each(Object.keys(expected) as (keyof typeof expected)[])('%s', (target) => {
    expect(quantizedText(place(model, target))).toBe(expected[target]);
  });

  it('has the same quantizers with and without VNNI', () => {
    expect(place(model, 'onnxruntime-cpu-avx2')).toEqual(place(model, 'onnxruntime-cpu'));
  });
});
