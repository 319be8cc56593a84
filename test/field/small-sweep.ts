import { create } from '@bufbuild/protobuf';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TensorProtoSchema, TensorProto_DataType } from '../../src/onnx/proto/onnx_pb.js';
import { npyArray } from '../formats/npy-bytes.js';
import { modelBytes, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { queryDatabase } from '../../src/store/query/query-database.js';

/** A constant shape. */
function shapeTensor(name: string, shape: readonly number[]) {
  const rawData = new Uint8Array(BigInt64Array.from(shape, BigInt).buffer);
  return create(TensorProtoSchema, {
    name,
    dims: [BigInt(shape.length)],
    dataType: TensorProto_DataType.INT64,
    rawData,
  });
}

/**
 * A sweep of a convolution and a Gemm over 12 samples `[3, 6, 6]`, by fidelity: fp32, unsmoothed
 * and what `grid` says.
 *
 * @param rows what the model reshapes its batch to: -1 leaves it free, 1 takes one sample at a
 *   time, though the input says nothing of it
 * @returns the path of the experiment
 */
export function writeSmallSweep(
  folder: string,
  rows: number,
  { grid = '- { smoothing.alpha: 0.5 }', batchSize = 4 }: { readonly grid?: string; readonly batchSize?: number } = {},
): string {
  mkdirSync(folder, { recursive: true });
  const model = modelBytes({
    nodes: [
      node('Conv', ['x', 'w'], 'c', [], 'conv'),
      node('Relu', ['c'], 'r'),
      node('GlobalAveragePool', ['r'], 'p'),
      node('Reshape', ['p', 'shape'], 'flat'),
      node('Gemm', ['flat', 'g'], 'y', [], 'gemm'),
    ],
    inputs: [value('x', ['N', 3, 6, 6])],
    initializers: [
      tensor('w', [4, 3, 3, 3], randomFloats(1, 108)),
      shapeTensor('shape', [rows, 4]),
      tensor('g', [4, 10], randomFloats(2, 40)),
    ],
  });
  writeFileSync(join(folder, 'model.onnx'), model);
  writeFileSync(join(folder, 'data.npy'), npyArray('<f4', [12, 3, 6, 6], Float32Array.from(randomFloats(3, 12 * 108))));
  const path = join(folder, 'sweep.yaml');
  writeFileSync(
    path,
    `version: 1
name: small
model: { path: model.onnx }
data:
  calibration: { format: npy, path: data.npy, batchSize: 1, batches: 4 }
  evaluation: { format: npy, path: data.npy, batchSize: ${batchSize} }
task: { kind: fidelity, bootstrap: 10 }
search: { candidates: [0.25, 0.75], samples: 4 }
loss: { samples: 4 }
gate: { samples: 2 }
grid:
  ${grid}
run: { provider: cpu, slots: 1, threads: 1, retries: 0 }
`,
  );
  return path;
}

/** Rows of a query of the folder's database. */
export function stored(folder: string, sql: string): readonly (readonly unknown[])[] {
  return queryDatabase(join(folder, 'quantsweep.db'), sql).rows;
}

/** Trials by their status, e.g. `{ done: 3 }`. */
export function states(folder: string): Record<string, number> {
  const rows = stored(folder, 'SELECT status, count(*) FROM trial GROUP BY status');
  return Object.fromEntries(rows.map(([status, count]) => [String(status), Number(count)]));
}
