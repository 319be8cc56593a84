import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { foldBatchNorm } from '../../src/onnx/folding/fold-batch-norm.js';
import { firstOutput } from '../../src/onnx/graph-index.js';
import { intAttribute, intsAttribute } from '../../src/onnx/node.js';
import { decodeModel, type OnnxModel } from '../../src/onnx/onnx-model.js';
import type { Placement } from '../../src/targets/placement.js';
import { placeQuantizers } from '../../src/targets/place-quantizers.js';
import { targets, type PlacingTargetName } from '../../src/targets/registry.js';
import { layersOf, node } from '../onnx/build-model.js';
import { blockModel, concat, conv, place, relu } from './placed-blocks.js';

const mixed = blockModel(
  [
    conv('x', 'c1'),
    relu('c1', 'r1'),
    node('MaxPool', ['r1'], 'p', [intsAttribute('kernel_shape', [1, 1])]),
    conv('p', 'c2'),
    node('Add', ['c2', 'p'], 'add'),
    node('Tanh', ['add'], 'tanh'),
    node('Split', ['tanh'], ['s1', 's2'], [intAttribute('axis', 2)]),
    node('Concat', ['s1', 's2'], 'joined', [intAttribute('axis', 2)]),
    concat(['joined', 'p', 'add'], 'k'),
    node('Conv', ['k', 'w3'], 'c3'),
    node('Sigmoid', ['c3'], 'y'),
  ],
  { outputs: ['y', 'p', 'add'] },
);

/** Models beside the project's folder, which not everyone has. */
const folder = new URL('../../../shared/models/', import.meta.url);

function readModel(name: string): OnnxModel | null {
  const path = new URL(`${name}.onnx`, folder);
  return existsSync(path) ? foldBatchNorm(decodeModel(readFileSync(path))).model : null;
}

const models: readonly (readonly [string, OnnxModel | null])[] = [
  ['operators of all kinds', mixed],
  ...[
    'cifar10-resnet20',
    'cifar10-mobilenetv2',
    'bev-centerpoint-small',
    'public/ultraface-rfb-320',
    'public/ppocr-angle-cls',
  ].map((name) => [name, readModel(name)] as const),
];

const names = Object.keys(targets) as PlacingTargetName[];

/** What must hold of a placement, whatever the model; what does not, in words. */
function faults(model: OnnxModel, target: PlacingTargetName, { quantizers, groups, nodes }: Placement): string[] {
  const found: string[] = [];
  const read = new Map(
    quantizers.flatMap(({ tensor, readers }) => readers.map((r) => [`${r.node} ${r.index}`, tensor] as const)),
  );
  const runs = new Map(nodes.map((placed) => [placed.node, placed.runs]));
  const isPass = (tensor: string): boolean => {
    const producer = model.index.producers.get(tensor);
    return producer !== undefined && runs.get(firstOutput(producer)) === 'pass';
  };
  for (const { outputTensor, inputTensor } of layersOf(model)) {
    if (runs.get(outputTensor) !== 'quantize') continue;
    const through = read.get(`${outputTensor} 0`);
    if (through === undefined && !isPass(inputTensor)) found.push(`${outputTensor} reads ${inputTensor} in float`);
    if (through !== undefined && through !== inputTensor) found.push(`${outputTensor} reads ${through}`);
  }
  for (const { tensor, readers, isOutput, group } of quantizers) {
    if (readers.length === 0 && !isOutput) found.push(`nothing reads ${tensor}`);
    if (isOutput && !model.index.outputs.has(tensor)) found.push(`${tensor} is no output`);
    if (groups[group] === undefined) found.push(`${tensor} has no group`);
    for (const { node: reader, index } of readers) {
      if (model.index.producers.get(reader)?.input[index] !== tensor) found.push(`${reader} does not read ${tensor}`);
    }
  }
  for (const [number, { observed }] of groups.entries()) {
    const members = quantizers.filter(({ group }) => group === number).map(({ tensor }) => tensor);
    if (observed.length === 0) found.push(`group ${number} has no range`);
    for (const tensor of observed) if (!members.includes(tensor)) found.push(`${tensor} is not in group ${number}`);
  }
  const tensors = quantizers.map(({ tensor }) => tensor);
  if (new Set(tensors).size !== tensors.length) found.push('a tensor has two quantizers');
  if (targets[target].placement === 'everyTensor') {
    for (const { node: name, runs: form } of nodes) {
      if (form !== 'pass') continue;
      for (const output of model.index.producers.get(name)!.output) {
        if (output !== '' && !tensors.includes(output)) found.push(`${output} is passed on in float`);
      }
    }
  }
  return found;
}

describe.each(names)('a placement of %s', (target) => {
  it.each(models)('holds together for %s', (name, model) => {
    if (model === null) {
      console.warn(`${name}.onnx is not there: its placement is not tested.`);
      return;
    }
    expect(faults(model, target, place(model, target))).toEqual([]);
    const half = layersOf(model).filter((_, index) => index % 2 === 0);
    expect(
      faults(
        model,
        target,
        place(
          model,
          target,
          half.map(({ outputTensor }) => outputTensor),
        ),
      ),
    ).toEqual([]);
    const layers = new Set(half.map(({ outputTensor }) => outputTensor));
    const alone = placeQuantizers(model, targets[target], { layers, others: false });
    expect(faults(model, target, alone)).toEqual([]);
  });
});

/** Quantizers, groups, and nodes that compute on integers, pass them on, and stay in float. */
const counts: Readonly<Record<string, Readonly<Partial<Record<PlacingTargetName, readonly number[]>>>>> = {
  // The input, 19 convolutions, 9 Add; 6 tensors of two shortcuts, tied; AveragePool = Reshape.
  'cifar10-resnet20': {
    'onnxruntime-cpu': [37, 30, 49, 5, 2],
    // Of each residual the identity: nothing between the last convolution and the Add.
    tensorrt: [23, 23, 49, 1, 6],
    openvino: [30, 30, 49, 7, 0],
    // The output as well.
    qnn: [38, 31, 49, 7, 0],
    // AveragePool has its input's scale.
    xnnpack: [38, 30, 49, 7, 0],
  },
  // The input, 28 convolutions, 3 Add, GlobalAveragePool = Flatten.
  'cifar10-mobilenetv2': {
    'onnxruntime-cpu': [34, 33, 52, 1, 0],
    tensorrt: [30, 30, 52, 1, 0],
    openvino: [33, 33, 52, 1, 0],
    qnn: [35, 34, 52, 1, 0],
    xnnpack: [35, 34, 52, 1, 0],
  },
  'bev-centerpoint-small': {
    'onnxruntime-cpu': [16, 13, 21, 3, 6],
    tensorrt: [13, 12, 26, 4, 0],
    openvino: [13, 12, 26, 4, 0],
    qnn: [19, 16, 27, 3, 0],
    xnnpack: [19, 14, 26, 4, 0],
  },
  'public/ultraface-rfb-320': {
    'onnxruntime-cpu': [71, 55, 91, 16, 21],
    tensorrt: [44, 42, 88, 1, 39],
    openvino: [49, 47, 92, 3, 33],
    qnn: [88, 66, 98, 22, 8],
    xnnpack: [88, 51, 93, 27, 8],
  },
};

describe('counts of real models', () => {
  const cases = Object.entries(counts).flatMap(([name, byTarget]) =>
    Object.entries(byTarget).map(([target, expected]) => [name, target as PlacingTargetName, expected] as const),
  );
  it.each(cases)('%s on %s', (name, target, expected) => {
    const model = readModel(name);
    if (model === null) {
      console.warn(`${name}.onnx is not there: its quantizers are not counted.`);
      return;
    }
    const { quantizers, groups, nodes } = place(model, target);
    const running = (runs: string): number => nodes.filter((placed) => placed.runs === runs).length;
    expect([quantizers.length, groups.length, running('quantize'), running('pass'), running('float')]).toEqual(
      expected,
    );
  });
});
