import type { ProbeJob } from './probe-job.js';
import { makeNode } from '../../../onnx/node.js';
import { smallModel } from '../../../onnx/small-model.js';
import { floatTensor } from '../../../onnx/tensor.js';
import type { JobContext } from '../job-context.js';
import type { JobResult } from '../jobs.js';
import { onnxruntimeVersion, profileKernels } from '../../session/session.js';

/**
 * Runs a model of one convolution on the child's provider: with CUDA that also needs cuDNN.
 *
 * @throws RuntimeError with what the runtime says is missing
 */
export async function runProbe(_job: ProbeJob, { session, clock }: JobContext): Promise<JobResult<'probe'>> {
  const model = smallModel({
    nodes: [makeNode('Conv', ['x', 'w'], 'y')],
    inputShape: [1, 1, 4, 4],
    outputShape: [1, 1, 2, 2],
    initializers: [floatTensor('w', [1, 1, 3, 3], new Float32Array(9).fill(1))],
  });
  const batch = { data: new Float32Array(16).fill(1), dims: [1, 1, 4, 4] };
  const { provider, kernels } = await profileKernels(model, 'x', batch, session);
  return {
    value: { onnxruntimeVersion: onnxruntimeVersion() },
    execution: { provider, kernels, timings: clock.timings },
  };
}
