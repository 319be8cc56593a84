import { describe, expect, it } from 'vitest';
import { tensorChannels } from '../../../src/onnx/layers/tensor-channels.js';
import { intAttribute } from '../../../src/onnx/node.js';
import { buildModel, layersOf, node, tensor, value } from '../build-model.js';

const ones = (name: string, dims: readonly number[]) =>
  tensor(name, dims, new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1));

describe('tensorChannels', () => {
  it('follows channels through what keeps them, both ways, and adds those of a Concat', () => {
    const model = buildModel({
      nodes: [
        node('Relu', ['x'], 'before'),
        node('Conv', ['before', 'w1'], 'a'),
        node('Conv', ['before', 'w2'], 'b'),
        node('Relu', ['a'], 'ra'),
        node('Concat', ['ra', 'b'], 'joined', [intAttribute('axis', 1)]),
        node('GlobalAveragePool', ['joined'], 'pooled'),
        node('Flatten', ['pooled'], 'flat'),
        node('Gemm', ['flat', 'w3'], 'y'),
      ],
      inputs: [value('x', ['N', 3, 4, 4])],
      initializers: [ones('w1', [4, 3, 1, 1]), ones('w2', [2, 3, 1, 1]), ones('w3', [6, 5])],
    });
    const known = tensorChannels(model, layersOf(model));
    expect(Object.fromEntries(known)).toEqual({
      x: { channels: 3, rank: 4 },
      before: { channels: 3, rank: 4 },
      a: { channels: 4, rank: 4 },
      ra: { channels: 4, rank: 4 },
      b: { channels: 2, rank: 4 },
      joined: { channels: 6, rank: 4 },
      pooled: { channels: 6, rank: 4 },
      flat: { channels: 6, rank: 2 },
      y: { channels: 5, rank: 2 },
    });
  });

  it('knows nothing of what no layer tells, nor of a Concat with an unknown part', () => {
    const model = buildModel({
      nodes: [
        node('Conv', ['x', 'w'], 'a'),
        node('Transpose', ['a'], 'turned'),
        node('Concat', ['a', 'z'], 'joined', [intAttribute('axis', 1)]),
        node('Concat', ['a', 'a'], 'stacked', [intAttribute('axis', 2)]),
        node('Add', ['turned', 'joined'], 'y'),
      ],
      inputs: [value('x', ['N', 3, 4, 4]), value('z', ['N', 'C', 4, 4])],
      initializers: [ones('w', [4, 3, 1, 1])],
    });
    const known = tensorChannels(model, layersOf(model));
    expect([...known.keys()].sort()).toEqual(['a', 'stacked', 'x']);
    expect(known.get('stacked')).toEqual({ channels: 4, rank: 4 });
  });
});
