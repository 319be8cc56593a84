import { describe, expect, it } from 'vitest';
import type { JobResults } from '../../../../src/engine/jobs/jobs.js';
import type { LatencyJob } from '../../../../src/engine/jobs/latency/latency-job.js';
import { roundOrders } from '../../../../src/engine/jobs/latency/round-orders.js';
import { runJob } from '../../../../src/engine/jobs/run-job.js';
import { node, value } from '../../../onnx/build-model.js';
import { modelBytes } from '../../../onnx/build-model.js';
import { asStored, jobModel, oneThread, temporaryFiles, writeModel, writeSamples } from '../../small-experiment.js';

const write = temporaryFiles();
const source = writeSamples(write);
const free = writeModel(write, 'N');
const fixed = writeModel(write, 4);
const other = write(
  'other.onnx',
  modelBytes({
    // Nodes without a name, one of them a Transpose of the model's own.
    nodes: [node('Relu', ['x'], 'r', [], ''), node('Transpose', ['r'], 'y', [], '')],
    inputs: [value('x', ['N', 3, 6, 6])],
  }),
);

const job: LatencyJob = {
  kind: 'latency',
  model: free,
  preprocess: asStored,
  source,
  candidates: [other, free.path],
  batchSize: 2,
  threads: 1,
  rounds: 10,
  warmup: 2,
};

async function run(changes: Partial<LatencyJob> = {}, told: number[] = []): Promise<JobResults['latency']> {
  const { value: result } = await runJob({ ...job, ...changes }, oneThread, (done) => told.push(done));
  return result as JobResults['latency'];
}

describe('a latency job', () => {
  it('times every model once a round, in the order that it records, without the warm-up', async () => {
    const told: number[] = [];
    const { models, order, batchSize } = await run({}, told);
    expect(batchSize).toBe(2);
    expect(order).toEqual(roundOrders(3, 12).slice(2));
    expect(models).toHaveLength(3);
    for (const { wallMs, cpuMs } of models) {
      expect(wallMs).toHaveLength(10);
      expect(cpuMs).toHaveLength(10);
      expect(wallMs.every((ms) => ms > 0)).toBe(true);
    }
    // A sign of life each round and each profile.
    expect(told).toEqual(Array.from({ length: 15 }, (_, at) => at + 1));
  });

  it('alternates FP32 and one candidate', async () => {
    const { order } = await run({ candidates: [other], warmup: 0 });
    const ran = order.flat();
    expect(ran.every((model, at) => at === 0 || model !== ran[at - 1])).toBe(true);
  });

  it('has the operators of each model, and knows those of a node without a name for its own', async () => {
    const { models } = await run({ candidates: [other] });
    expect(models[0]!.operators.map(({ op }) => op)).toContain('Conv');
    const [relu, transpose] = models[1]!.operators;
    expect([relu?.op, relu?.kind]).toEqual(['Relu', 'float']);
    expect([transpose?.op, transpose?.kind]).toEqual(['Transpose', 'float']);
  });

  it('feeds the batch that the model fixes, and samples over and over where there are too few', async () => {
    expect((await run({ model: fixed, candidates: [fixed.path], batchSize: 9 })).batchSize).toBe(4);
    expect((await run({ batchSize: 50, candidates: [] })).batchSize).toBe(50);
  });

  it('refuses a model that is not the one that was planned', async () => {
    const changed = { ...jobModel(other), path: free.path };
    await expect(run({ model: changed })).rejects.toThrow('the model changed during the sweep');
  });
});
