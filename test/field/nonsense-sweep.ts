import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../cli/command-line.js';
import { npyArray } from '../formats/write-files.js';
import { modelBytes, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';

/** What a sweep over a hand-made network with known outputs is of. */
export interface KnownOutputs {
  /** Output of each sample; they are of one length. */
  readonly outputs: readonly (readonly number[])[];
  /** Class labels; absent for task fidelity. */
  readonly labels?: readonly number[];
  /**
   * Weights of the output's 1x1 convolution; absent: the identity, so that the output is the input.
   */
  readonly weights?: Float32Array;
  /** Bias of the output's convolution. */
  readonly bias?: Float32Array;
  /** Further lines of the experiment. */
  readonly more?: string;
  readonly grid?: string;
}

/**
 * Writes an experiment over a network whose output is its input: a 1x1 convolution with the
 * identity. Returns its folder, with the experiment `known.yaml` and the database `known.db` to be.
 */
export function knownOutputs({ outputs, labels, weights, bias, more = '', grid }: KnownOutputs): string {
  const folder = temporaryFolder();
  const write = (name: string, content: Uint8Array | string): void => {
    writeFileSync(join(folder, name), content);
  };
  const size = outputs[0]!.length;
  const identity = Float32Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
  const model = modelBytes({
    nodes: [node('Conv', ['x', 'w', 'b'], 'c', [], 'head'), node('Flatten', ['c'], 'y')],
    inputs: [value('x', ['N', size, 1, 1])],
    initializers: [
      tensor('w', [size, size, 1, 1], weights ?? identity),
      tensor('b', [size], bias ?? new Float32Array(size)),
    ],
  });
  write('model.onnx', model);
  write('samples.npy', npyArray('<f4', [outputs.length, size, 1, 1], Float32Array.from(outputs.flat())));
  if (labels !== undefined) write('labels.npy', npyArray('<i4', [labels.length], Int32Array.from(labels)));
  write(
    'known.yaml',
    `version: 1
name: known
model: { path: model.onnx }
data:
  calibration: { format: npy, path: samples.npy, batchSize: 2, batches: 2 }
  evaluation: { format: npy, path: samples.npy${labels === undefined ? '' : ', labels: labels.npy'} }
task: ${labels === undefined ? '{ kind: fidelity, bootstrap: 50 }' : 'classification'}
loss: { samples: 2, modes: [accumulated] }
gate: { samples: 2 }
${more}
grid: ${grid ?? '[{ smoothing.alpha: [0.4, 0.5] }]'}
run: { provider: cpu, slots: 1, threads: 1, database: known.db }
`,
  );
  return folder;
}

/** Outputs in which each sample has its largest number at a given class, and others below. */
export function outputsOf(predictions: readonly number[], classes: number): number[][] {
  const noise = randomFloats(7, predictions.length * classes);
  return predictions.map((prediction, sample) =>
    Array.from({ length: classes }, (_, at) => (at === prediction ? 3 : 0.5 * noise[sample * classes + at]!)),
  );
}
