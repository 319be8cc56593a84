import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { exportModel } from '../../src/api/export-model.js';
import { loadExperiment } from '../../src/api/load-experiment.js';
import { runSweep } from '../../src/api/run-sweep.js';
import { checkExported } from '../../src/export/check-exported.js';
import { TensorProto_DataType } from '../../src/onnx/proto/onnx_pb.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { MemoryExecutor } from '../engine/memory-executor.js';
import { smallNetwork } from '../engine/small-network.js';
import { npyArray } from '../formats/write-files.js';
import { modelBytes, tensor } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { typedModelBytes } from '../onnx/types/typed-model.js';

/** The small network as every opset has it: Gemm needs its third input before 11. */
function network(opset: number) {
  const small = smallNetwork('N');
  return {
    ...small,
    nodes: small.nodes.map((own) => (own.name === 'classifier' ? { ...own, input: [...own.input, 'b3'] } : own)),
    initializers: [...small.initializers!, tensor('b3', [10], randomFloats(9, 10))],
    opset,
    irVersion: opset < 9 ? 3 : opset < 11 ? 4 : 8,
    outputShapes: { y: ['N', 10] },
  } as const;
}

const opsets = [7, 8, 9, 10, 11, 12, 13, 15, 18, 19, 21, 23, 24];
const cases = opsets.flatMap((opset) => (['float32', 'float16'] as const).map((type) => [opset, type] as const));

it.each(cases)('a model of opset %s in %s is swept and exported, and runs as stored', async (opset, type) => {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-opset-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const spec = network(opset);
  const bytes =
    type === 'float32' ? modelBytes(spec) : typedModelBytes({ ...spec, type: TensorProto_DataType.FLOAT16 });
  writeFileSync(join(folder, 'net.onnx'), bytes);
  writeFileSync(join(folder, 'x.npy'), npyArray('<f4', [24, 3, 6, 6], randomFloats(7, 24 * 108)));
  const data = { format: 'npy', path: join(folder, 'x.npy') } as const;
  const database = join(folder, 'x.db');
  const experiment = loadExperiment(
    {
      version: 1,
      name: 'opset',
      model: { path: join(folder, 'net.onnx') },
      data: { calibration: { ...data, batchSize: 2, batches: 4 }, evaluation: { ...data, batchSize: 5 } },
      task: 'fidelity',
      loss: { samples: 6 },
      gate: { samples: 3 },
      grid: { 'smoothing.alpha': [0.5], 'quantization.weight.bits': [4, 8, 16] },
    },
    { database },
  );
  const { failed } = await runSweep(experiment, { executor: (request) => new MemoryExecutor(request) });
  expect(failed).toEqual([]);
  for (const bits of [4, 8, 16]) {
    const trial = Number(numberOf(database, bits));
    const { exported, trial: stored } = exportModel(database, { trial, output: join(folder, 'o.onnx'), force: true });
    const check = await checkExported(exported, stored.settings, false);
    expect(check.notCompared).toBeNull();
    expect(check.compared!.difference).toBeLessThan(type === 'float32' ? 1e-5 : 0.02);
  }
});

function numberOf(database: string, bits: number): unknown {
  const sql = `SELECT trial FROM v_trial WHERE role = 'candidate' AND weight_bits = ${bits}`;
  return queryDatabase(database, sql).rows[0]![0];
}
