import { removeUnread } from '../../../../onnx/edits/remove-unread.js';
import type { OnnxModel } from '../../../../onnx/onnx-model.js';
import { deployableModel } from '../../../../quantize/graph/deployable-model.js';
import { simulatedModel } from '../../../../quantize/graph/simulated-model.js';
import { evaluationSamplesPerRun } from '../../../batching/batching.js';
import { providers } from '../../../providers/providers.js';
import { fusing } from '../../job-context.js';
import { observedKernels, type Ran } from '../../observed-execution.js';
import { evaluateTrial, type EvaluationOutcome } from '../evaluate-trial.js';
import type { CorrectedTrial } from './correct-trial-biases.js';

/**
 * Samples of an evaluation from which on the fastest form of its quantizers is looked for; it takes
 * as long as hundreds.
 */
export const LONG_PASS = 2000;

/** With its accuracy, or how it came to be stopped. */
export interface EvaluatedTrial extends CorrectedTrial {
  /** As it is simulated. */
  readonly quantized: OnnxModel;
  readonly outcome: EvaluationOutcome;
  /** What ran the evaluated model. */
  readonly ran: Ran;
}

/**
 * Evaluates the quantized model: simulated, or as deployed where the settings say execution
 * integer.
 */
export async function evaluatePhase(trial: CorrectedTrial): Promise<EvaluatedTrial> {
  const { model, dataset, prepared, context, settings, batching, samples, simulated } = trial;
  const isLong = samples >= LONG_PASS;
  const samplesPerRun = evaluationSamplesPerRun(settings.evaluation.batchSize, batching, context);
  const evaluating = { ...trial, context: isLong ? { ...context, longPass: samplesPerRun } : context };
  const quantized = await context.clock.measure('prepare', () => simulatedModel(prepared));
  if (settings.quantization.execution === 'integer') {
    const integer = deployableModel(prepared, 'integer');
    const ran = await observedKernels(integer, model.io, dataset, fusing(context));
    return { ...trial, quantized, ran, outcome: await evaluateTrial(trial, integer, samples, true) };
  }
  // The runtime computes also what nothing reads: real values beside the integers of a target.
  const evaluated = prepared.placed === undefined ? quantized : removeUnread(quantized);
  // The form of a long pass hangs on the very graph.
  const isFormOfItsOwn = isLong && providers[context.session.provider].form === 'fastestOfEquals';
  const ran = isFormOfItsOwn ? await observedKernels(evaluated, model.io, dataset, evaluating.context) : simulated;
  return { ...trial, quantized, ran, outcome: await evaluateTrial(evaluating, evaluated, samples) };
}
