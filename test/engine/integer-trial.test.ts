import { describe, expect, it } from 'vitest';
import type { Execution } from '../../src/experiment/sections/settings.js';
import { intsAttribute } from '../../src/onnx/node.js';
import type { TrialRecord } from '../../src/records/trial-record.js';
import type { JobResult } from '../../src/engine/jobs/jobs.js';
import { runJob } from '../../src/engine/jobs/run-job.js';
import { modelBytes, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { everyLayer, plainQuantization } from '../quantize/preparations.js';
import { jobModel, observeJob, oneThread, temporaryFiles, trialJob, writeSamples } from './small-experiment.js';

const write = temporaryFiles();
const source = writeSamples(write);

/**
 * Two convolutions without anything between: the first stands between DequantizeLinear and
 * QuantizeLinear.
 */
const bytes = modelBytes({
  nodes: [
    node('Conv', ['x', 'w1', 'b1'], 'c1', [intsAttribute('pads', [1, 1, 1, 1])], 'first'),
    node('Conv', ['c1', 'w2'], 'c2', [], 'second'),
    node('Flatten', ['c2'], 'y'),
  ],
  inputs: [value('x', ['N', 3, 6, 6])],
  initializers: [
    tensor('w1', [4, 3, 3, 3], randomFloats(1, 108)),
    tensor('b1', [4], randomFloats(2, 4)),
    tensor('w2', [10, 4, 6, 6], randomFloats(3, 1440)),
  ],
});
const model = jobModel(write('two.onnx', bytes));

async function trial(execution: Execution): Promise<JobResult<'trial'>> {
  const observed = (await runJob(observeJob(model, source), oneThread, () => undefined)) as JobResult<'observe'>;
  const job = trialJob(model, source, observed.value.at(-1)!, { alpha: null });
  const settings = {
    ...job.settings,
    layers: everyLayer('Conv'),
    quantization: { ...plainQuantization(8), execution },
  };
  return (await runJob({ ...job, settings }, oneThread, () => undefined)) as JobResult<'trial'>;
}

describe('a trial of integer execution', () => {
  it('says which operators ran as integer kernels; a simulated one has none to tell of', async () => {
    const { execution } = await trial('integer');
    expect(execution.provider).toBe('CPUExecutionProvider');
    expect(execution.integerKernels).toEqual({ QLinearConv: 1 });
    expect((await trial('simulated')).execution.integerKernels).toBeUndefined();
  });

  it('has the gate, losses and quantizers of the simulated one', async () => {
    const { evaluation, ...integer } = (await trial('integer')).value as TrialRecord;
    const { evaluation: simulatedEvaluation, ...simulated } = (await trial('simulated')).value as TrialRecord;
    expect(integer).toEqual(simulated);
    expect(evaluation.samples).toBe(simulatedEvaluation.samples);
  });
});
