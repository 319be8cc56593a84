import { intAttribute, intsAttribute } from '../../src/onnx/node.js';
import { int64Tensor } from '../../src/onnx/tensor.js';
import { node, tensor, value, type ModelSpec } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';

/** Time steps and channels of a sample. */
export const STEPS = 3;
export const CHANNELS = 4;

/** A network on samples `[STEPS, CHANNELS]`, for a batch of any size or a fixed one. */
export type NetworkOf = (batch: number | string) => ModelSpec;

const weights = [
  tensor('w1', [CHANNELS, 6], randomFloats(11, CHANNELS * 6)),
  tensor('w2', [6, 5], randomFloats(12, 30)),
  tensor('w3', [STEPS * 5, 7], randomFloats(13, STEPS * 35)),
];

function network(
  batch: number | string,
  nodes: ModelSpec['nodes'],
  shapes: Readonly<Record<string, number[]>> = {},
): ModelSpec {
  return {
    nodes,
    inputs: [value('x', [batch, STEPS, CHANNELS])],
    initializers: [...weights, ...Object.entries(shapes).map(([name, dims]) => int64Tensor(name, dims))],
  };
}

/** Samples lead each layer's tensor: `[N, T, C]`. */
const leading: NetworkOf = (batch) =>
  network(batch, [
    node('MatMul', ['x', 'w1'], 'a', [], 'first'),
    node('Relu', ['a'], 'r'),
    node('MatMul', ['r', 'w2'], 'b', [], 'second'),
    node('Flatten', ['b'], 'f'),
    node('MatMul', ['f', 'w3'], 'y', [], 'third'),
  ]);

/** Time leads, as recurrent networks have it: `[T, N, C]`, the output too. */
const timeFirst: NetworkOf = (batch) =>
  network(batch, [
    node('Transpose', ['x'], 't', [intsAttribute('perm', [1, 0, 2])]),
    node('MatMul', ['t', 'w1'], 'a', [], 'first'),
    node('Relu', ['a'], 'r'),
    node('MatMul', ['r', 'w2'], 'y', [], 'second'),
  ]);

/** Samples and time steps in one axis, a sample's steps side by side: `[N*T, C]`. */
const merged: NetworkOf = (batch) =>
  network(
    batch,
    [
      node('Reshape', ['x', 'rows'], 't'),
      node('Gemm', ['t', 'w1'], 'a', [], 'first'),
      node('Relu', ['a'], 'r'),
      node('Gemm', ['r', 'w2'], 'b', [], 'second'),
      node('Reshape', ['b', 'samples'], 'f'),
      node('Gemm', ['f', 'w3'], 'y', [], 'third'),
    ],
    { rows: [-1, CHANNELS], samples: [-1, STEPS * 5] },
  );

/** Samples and time steps in one axis, samples side by side: `[T*N, C]`, the output too. */
const interleaved: NetworkOf = (batch) =>
  network(
    batch,
    [
      node('Transpose', ['x'], 't', [intsAttribute('perm', [1, 0, 2])]),
      node('Reshape', ['t', 'rows'], 'u'),
      node('Gemm', ['u', 'w1'], 'a', [], 'first'),
      node('Relu', ['a'], 'r'),
      node('Gemm', ['r', 'w2'], 'y', [], 'second'),
    ],
    { rows: [-1, CHANNELS] },
  );

/** Samples as positions of a convolution: `[1, C, N, T]`. */
const asPositions: NetworkOf = (batch) => {
  const spec = network(batch, [
    node('Transpose', ['x'], 't', [intsAttribute('perm', [2, 0, 1])]),
    node('Unsqueeze', ['t', 'front'], 'u'),
    node('Conv', ['u', 'k1'], 'a', [], 'first'),
    node('Relu', ['a'], 'r'),
    node('Conv', ['r', 'k2'], 'b', [], 'second'),
    node('Squeeze', ['b', 'front'], 'q'),
    node('Transpose', ['q'], 'p', [intsAttribute('perm', [1, 2, 0])]),
    node('Add', ['p', 'k3'], 'y'),
  ]);
  return {
    ...spec,
    initializers: [
      tensor('k1', [6, CHANNELS, 1, 1], randomFloats(14, 6 * CHANNELS)),
      tensor('k2', [5, 6, 1, 1], randomFloats(15, 30)),
      tensor('k3', [5], randomFloats(16, 5)),
      int64Tensor('front', [0]),
    ],
  };
};

/** A GRU, which has the batch in the second axis, between two layers. */
const recurrent: NetworkOf = (batch) => ({
  nodes: [
    node('Transpose', ['x'], 't', [intsAttribute('perm', [1, 0, 2])]),
    node('MatMul', ['t', 'w1'], 'a', [], 'first'),
    node('GRU', ['a', 'gw', 'gr'], ['g', ''], [intAttribute('hidden_size', 2)]),
    node('Squeeze', ['g', 'direction'], 's'),
    node('MatMul', ['s', 'out'], 'y', [], 'second'),
  ],
  inputs: [value('x', [batch, STEPS, CHANNELS])],
  initializers: [
    weights[0]!,
    tensor('gw', [1, 6, 6], randomFloats(17, 36)),
    tensor('gr', [1, 6, 2], randomFloats(18, 12)),
    tensor('out', [2, 5], randomFloats(19, 10)),
    int64Tensor('direction', [1]),
  ],
});

export const layouts: Readonly<Record<string, NetworkOf>> = {
  leading,
  timeFirst,
  merged,
  interleaved,
  asPositions,
  recurrent,
};

/**
 * What a sample becomes hangs on its neighbours: a softmax over the batch, and the largest of it.
 */
export const mixing: Readonly<Record<string, NetworkOf>> = {
  softmax: mixedBy([node('Softmax', ['a'], 'r', [intAttribute('axis', 0)])]),
  maximum: mixedBy([
    node('ReduceMax', ['a'], 'm', [intsAttribute('axes', [0]), intAttribute('keepdims', 1)]),
    node('Add', ['a', 'm'], 'r'),
  ]),
};

function mixedBy(nodes: ModelSpec['nodes']): NetworkOf {
  return (batch) =>
    network(batch, [
      node('MatMul', ['x', 'w1'], 'a', [], 'first'),
      ...nodes,
      node('MatMul', ['r', 'w2'], 'b', [], 'second'),
      node('Flatten', ['b'], 'f'),
      node('MatMul', ['f', 'w3'], 'y', [], 'third'),
    ]);
}

/** Every place of the batch is shifted by a number of its own. */
export function placeDependent(batch: number): ModelSpec {
  const spec = leading(batch);
  return {
    ...spec,
    nodes: [
      node('Add', ['x', 'places'], 'moved'),
      node('MatMul', ['moved', 'w1'], 'a', [], 'first'),
      ...spec.nodes.slice(1),
    ],
    initializers: [
      ...spec.initializers!,
      tensor(
        'places',
        [batch, 1, 1],
        Array.from({ length: batch }, (_, i) => i),
      ),
    ],
  };
}
