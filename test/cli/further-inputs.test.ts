import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { TensorProto_DataType } from '../../src/onnx/proto/onnx_pb.js';
import { intAttribute } from '../../src/onnx/node.js';
import { npyArray } from '../formats/write-files.js';
import { modelBytes, node, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { smallNetwork } from '../engine/small-experiment.js';
import { quantsweep, temporaryFolder } from './command-line.js';

const SAMPLES = 24;

/**
 * The small network, whose output is shifted by an int64 input `[N, 10]` and scaled by a float one
 * `[1]`.
 */
function writeFolder(inputs: string): string {
  const folder = temporaryFolder();
  const small = smallNetwork('N');
  const nodes = [
    ...small.nodes,
    node('Cast', ['shift'], 'shift32', [intAttribute('to', TensorProto_DataType.FLOAT)]),
    node('Add', ['y', 'shift32'], 'shifted'),
    node('Mul', ['shifted', 'scale'], 'z'),
  ];
  const further = [value('shift', ['N', 10], TensorProto_DataType.INT64), value('scale', [1])];
  writeFileSync(
    join(folder, 'net.onnx'),
    modelBytes({ ...small, nodes, inputs: [...small.inputs!, ...further], outputs: ['z'] }),
  );
  writeFileSync(join(folder, 'x.npy'), npyArray('<f4', [SAMPLES, 3, 6, 6], randomFloats(7, SAMPLES * 108)));
  const labels = Int32Array.from({ length: SAMPLES }, (_, sample) => sample % 10);
  writeFileSync(join(folder, 'labels.npy'), npyArray('<i4', [SAMPLES], labels));
  // Each sample's own label is shifted so far up that every model must get it right.
  const shift = BigInt64Array.from({ length: SAMPLES * 10 }, (_, index) =>
    index % 10 === Math.floor(index / 10) % 10 ? 100_000n : 0n,
  );
  writeFileSync(join(folder, 'shift.npy'), npyArray('<i8', [SAMPLES, 10], shift));
  writeFileSync(
    join(folder, 'a.yaml'),
    `version: 1
name: inputs
model: { path: net.onnx, input: x }
data:
  calibration: { format: npy, path: x.npy, inputs: ${inputs}, batchSize: 2, batches: 4 }
  evaluation: { format: npy, path: x.npy, labels: labels.npy, inputs: ${inputs}, batchSize: 5 }
task: classification
loss: { samples: 6, modes: [accumulated, isolated] }
gate: { samples: 3 }
search: { candidates: [0.4, 0.6], samples: 4 }
grid:
  - smoothing.alpha: [0.5]
  - smoothing.mode: dynamic
run: { provider: cpu, slots: 2, threads: 1 }
`,
  );
  return folder;
}

it('a model with several inputs is swept, each input fed', async () => {
  const folder = writeFolder('{ shift: { path: shift.npy }, scale: { value: 0.5 } }');
  const { code, stderr } = await quantsweep(folder, 'run', 'a.yaml');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const sql = "SELECT value FROM accuracy WHERE metric = 'top1'";
  expect(queryDatabase(join(folder, 'quantsweep.db'), sql).rows).toEqual([[1], [1], [1], [1]]);
});

it('an input that gets nothing, or is not there, is named before anything runs', async () => {
  const missing = await quantsweep(writeFolder('{ shift: { path: shift.npy } }'), 'run', 'a.yaml');
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain('Input "scale" of the model gets nothing.');
  const unknown = '{ shift: { path: shift.npy }, scale: { value: 1 }, sclae: { value: 1 } }';
  const misspelled = await quantsweep(writeFolder(unknown), 'run', 'a.yaml');
  expect(misspelled.code).toBe(2);
  expect(misspelled.stderr).toContain('further inputs of the model ("shift", "scale"), got "sclae"');
});
