import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadExperiment } from '../../src/experiment/load-experiment.js';
import { inputChannelAxes } from '../../src/onnx/layers/input-channel-axes.js';
import { intsAttribute } from '../../src/onnx/node.js';
import { openSweepInputs } from '../../src/prepare/sweep-inputs.js';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';
import { npyArray } from '../formats/npy-bytes.js';
import { buildModel, modelBytes, node, tensor, value, type ModelSpec } from '../onnx/build-model.js';

const end = [
  node('GlobalAveragePool', ['c'], 'p'),
  node('Flatten', ['p'], 'f'),
  node('Gemm', ['f', 'w2'], 'y', [], 'gemm'),
];
const weights = [tensor('w', [2, 3, 1, 1], [1, 2, 3, 4, 5, 6]), tensor('w2', [2, 2], [1, 2, 3, 4])];

/** A model of these nodes before its convolution, on an input of this shape. */
function convolutional(shape: readonly (number | string)[], before: ModelSpec['nodes'] = [], read = 'x'): ModelSpec {
  return {
    nodes: [...before, node('Conv', [read, 'w'], 'c', [], 'conv'), ...end],
    inputs: [value('x', shape)],
    initializers: weights,
  };
}

const channelsFirst = convolutional(['N', 3, 6, 6]);
const toChannelsFirst = node('Transpose', ['x'], 't', [intsAttribute('perm', [0, 3, 1, 2])]);
const channelsLast = convolutional(['N', 6, 6, 3], [toChannelsFirst], 't');

/** Flatten -> Gemm: nothing tells where channels are. */
function dense(shape: readonly number[]): ModelSpec {
  const size = shape.reduce((a, b) => a * b, 1);
  return {
    nodes: [node('Flatten', ['x'], 'f'), node('Gemm', ['f', 'm'], 'y', [], 'gemm')],
    inputs: [value('x', ['N', ...shape])],
    initializers: [tensor('m', [size, 2], new Float32Array(size * 2).fill(0.1))],
  };
}

function write(spec: ModelSpec, stored: readonly number[], preprocess: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'model.onnx'), modelBytes(spec));
  const size = stored.reduce((a, b) => a * b, 1);
  writeFileSync(
    join(folder, 'x.npy'),
    npyArray(
      '<f4',
      [2, ...stored],
      Float32Array.from({ length: 2 * size }, (_, i) => i),
    ),
  );
  writeFileSync(
    join(folder, 'sweep.yaml'),
    `version: 1
name: axis
model: { path: model.onnx }
data:
  calibration: { format: npy, path: x.npy, batchSize: 1, batches: 2 }
  evaluation: { format: npy, path: x.npy }
  preprocess: ${preprocess}
task: fidelity
layers: { ops: [Conv, Gemm] }
grid: [{ smoothing.mode: static, smoothing.alpha: 0.5 }]
`,
  );
  return folder;
}

/** What is wrong with such an experiment, as `plan` finds it. */
async function open(spec: ModelSpec, stored: readonly number[], preprocess: string): Promise<string> {
  const folder = write(spec, stored, preprocess);
  try {
    await openSweepInputs(loadExperiment(join(folder, 'sweep.yaml'), [], (path) => readFileSync(path, 'utf8')));
    return '';
  } catch (error) {
    expect(error).toMatchObject({ name: 'InputError' });
    return (error as Error).message;
  }
}

const mean = '{ mean: [0.4, 0.5, 0.6] }';
const reverse = '{ channelOrder: reverse }';

describe('15: preprocessing by channel is of the axis that the model takes for channels', () => {
  it.each([
    ['channels first', channelsFirst, [3, 6, 6], mean],
    ['channels first, reversed', channelsFirst, [3, 6, 6], reverse],
    [
      'stored last, fed first',
      channelsFirst,
      [6, 6, 3],
      '{ layout: channelsLast, channelOrder: reverse, mean: [1, 2, 3] }',
    ],
    ['an image that is flattened', dense([3, 6, 6]), [3, 6, 6], mean],
    ['a grey image', dense([1, 6, 6]), [1, 6, 6], '{ channelOrder: reverse, mean: [0.5], std: [2] }'],
    ['a vector with a mean for each feature', dense([4]), [4], '{ mean: [1, 2, 3, 4], std: [1, 2, 1, 2] }'],
    [
      'one number for all, wherever channels are',
      channelsLast,
      [6, 6, 3],
      '{ divideBy: 255, mean: [1, 1, 1, 1, 1, 1] }',
    ],
    ['nothing by channel', channelsLast, [6, 6, 3], '{ divideBy: 255 }'],
    [
      'stored last, fed last',
      channelsLast,
      [6, 6, 3],
      '{ layout: channelsLast, feed: channelsLast, channelOrder: reverse, mean: [1, 2, 3] }',
    ],
    ['stored first, fed last', channelsLast, [3, 6, 6], '{ feed: channelsLast, std: [1, 2, 3] }'],
    ['fed last, flattened', dense([6, 6, 3]), [3, 6, 6], '{ feed: channelsLast, channelOrder: reverse }'],
  ] as const)('is accepted with %s', async (_, spec, stored, preprocess) => {
    expect(await open(spec, stored, preprocess)).toBe('');
  });

  it.each([
    [
      'reversed rows',
      channelsLast,
      [6, 6, 3],
      reverse,
      /channelOrder counts them, got one that takes them on axis 3 of \[N, 6, 6, 3\] \(input "x"\)\. Set data\.preprocess\.feed to channelsLast.*or leave/,
    ],
    [
      'a mean by row',
      channelsLast,
      [6, 6, 3],
      '{ mean: [1, 2, 3, 4, 5, 6] }',
      /preprocess\.mean counts them, got one that takes them on axis 3/,
    ],
    [
      'rows fed for channels',
      convolutional(['N', 3, 3, 3]),
      [3, 3, 3],
      '{ feed: channelsLast }',
      /channels on axis 3, the last, as data\.preprocess\.feed channelsLast says, .*feed counts them, got .*axis 1 .*Leave data\.preprocess\.feed out/,
    ],
    ['a deviation by row', channelsLast, [6, 6, 3], '{ std: [1, 2, 3, 4, 5, 6] }', /preprocess\.std counts them/],
    [
      'rows of three that look like channels',
      convolutional(['N', 3, 3, 3], [toChannelsFirst], 't'),
      [3, 3, 3],
      mean,
      /axis 3/,
    ],
    [
      'channels last and flattened',
      dense([6, 6, 3]),
      [6, 6, 3],
      reverse,
      /known to have their channels first.*got \[N, 6, 6, 3\] from format npy.*channelsLast if they are last/,
    ],
    [
      'time first',
      dense([5, 8]),
      [5, 8],
      '{ mean: [1, 2, 3, 4, 5] }',
      /known to have their channels first.*\[N, 5, 8\]/,
    ],
    ['the features of a vector reversed', dense([4]), [4], reverse, /known to have their channels first/],
  ] as const)('is refused by plan with %s', async (_, spec, stored, preprocess, message) => {
    expect(await open(spec, stored, preprocess)).toMatch(message);
  });

  it('ends plan with exit code 2', async () => {
    const { code, stderr } = await quantsweep(write(channelsLast, [6, 6, 3], reverse), 'plan', 'sweep.yaml');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^Expected a model that takes its channels on axis 1/)]);
  });
});

describe('15: the axes that a model takes for channels', () => {
  it.each([
    ['of a convolution', channelsFirst, [1]],
    ['of a transposed input', channelsLast, [3]],
    [
      'after arithmetic, padding and slices',
      convolutional(
        ['N', 6, 6, 3],
        [
          node('Mul', ['half', 'x'], 'scaled'),
          node('Sub', ['scaled', 'half'], 'centred'),
          node('Transpose', ['centred'], 't', [intsAttribute('perm', [0, 3, 1, 2])]),
          node('Relu', ['t'], 'r'),
        ],
        'r',
      ),
      [3],
    ],
    [
      'of two branches',
      {
        ...convolutional(['N', 3, 3, 3]),
        nodes: [
          node('Conv', ['x', 'w'], 'c', [], 'conv'),
          toChannelsFirst,
          node('Conv', ['t', 'w'], 'd', [], 'other'),
          ...end,
        ],
      },
      [1, 3],
    ],
    ['none, where it is flattened first', dense([3, 6, 6]), []],
    ['none, behind a reshape', convolutional(['N', 108], [node('Reshape', ['x', 'shape'], 'image')], 'image'), []],
  ] as const)('are those %s', (_, spec, axes) => {
    const model = buildModel({
      ...spec,
      initializers: [...spec.initializers!, tensor('half', [1], [0.5]), tensor('shape', [1], [0])],
    });
    const rank = model.graph.input[0]!.type!.tensorType!.shape!.dim.length;
    expect(inputChannelAxes(model, 'x', rank)).toEqual(axes);
  });
});
