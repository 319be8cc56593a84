import { describe, expect, it } from 'vitest';
import { tensorsOfTargets } from '../../../../src/engine/jobs/observe/tensors-of-targets.js';
import { intAttribute, intsAttribute } from '../../../../src/onnx/node.js';
import { targets, type PlacingTargetName } from '../../../../src/targets/registry.js';
import { layersOf, node } from '../../../onnx/build-model.js';
import { blockModel, concat, conv, place, relu } from '../../../targets/placed-blocks.js';

const model = blockModel(
  [
    conv('x', 'c1'),
    relu('c1', 'r1'),
    node('MaxPool', ['r1'], 'p', [intsAttribute('kernel_shape', [1, 1])]),
    conv('p', 'c2'),
    node('Add', ['p', 'c2'], 'add'),
    node('Split', ['add'], ['s1', 's2'], [intAttribute('axis', 2)]),
    node('Add', ['s1', 's2'], 'halves'),
    conv('halves', 'c3'),
    conv('p', 'c4'),
    // No layer reads it: with c5 in float the Add alone wants integers of it.
    node('MaxPool', ['c4'], 'q', [intsAttribute('kernel_shape', [1, 1])]),
    node('AveragePool', ['q'], 'average', [intsAttribute('kernel_shape', [1, 1])]),
    conv('average', 'c5'),
    node('Add', ['q', 'add'], 'sum'),
    concat(['sum', 'c5', 'c4'], 'k'),
    node('Conv', ['k', 'w3'], 'y'),
    // TensorRT has the Add with c6, behind an operator in float; without c6 it quantizes both.
    conv('p', 'c6'),
    node('Mul', ['c6', 'one'], 'scaled'),
    node('Add', ['add', 'scaled'], 'late'),
    conv('late', 'z'),
  ],
  { outputs: ['y', 'c3', 'z'] },
);

describe('tensorsOfTargets', () => {
  it.each(Object.keys(targets) as PlacingTargetName[])(
    'has all that %s may quantize, whichever layers stay in float',
    (target) => {
      const layers = layersOf(model);
      const observed = new Set([
        ...layers.map(({ inputTensor }) => inputTensor),
        ...tensorsOfTargets(model, layers, [target]).map(({ tensor }) => tensor),
      ]);
      const outputs = layers.map(({ outputTensor }) => outputTensor);
      for (let chosen = 0; chosen < 2 ** outputs.length; chosen++) {
        const float = outputs.filter((_, bit) => (chosen & (2 ** bit)) !== 0);
        const { quantizers, groups } = place(model, target, float);
        const needed = [...quantizers.map(({ tensor }) => tensor), ...groups.flatMap((group) => group.observed)];
        expect(needed.filter((tensor) => !observed.has(tensor))).toEqual([]);
      }
    },
  );
});
