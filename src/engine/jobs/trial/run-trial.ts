import { weightsIn } from '../../../experiment/sections/layers.js';
import { readsMoments, roundsOnQuantizedInputs } from '../../../experiment/sections/quantization.js';
import { deployableBytes } from '../../../quantize/graph/deployable-model.js';
import { quantizerRecords, smoothingRecord } from '../../../quantize/prepare-layers.js';
import { roundedWeightRecords } from '../../../quantize/rounding/rounded-weights.js';
import { tensorQuantizerRecords } from '../../../quantize/tensor-quantizer-records.js';
import type { JobContext } from '../job-context.js';
import type { JobResult } from '../jobs.js';
import { correctTrialBiases } from './phases/correct-trial-biases.js';
import { evaluatePhase } from './phases/evaluate-phase.js';
import { measureDeployment, type DeployedTrial } from './phases/measure-deployment.js';
import { measureLosses } from './phases/measure-losses.js';
import { openTrial } from './phases/open-trial.js';
import { passGate } from './phases/pass-gate.js';
import { prepareTrial } from './phases/prepare-trial.js';
import { predictTrialLosses } from './phases/predict-trial-losses.js';
import { profileTrial } from './phases/profile-trial.js';
import { roundTrialLayers } from './phases/round-trial-layers.js';
import type { TrialJob } from './trial-job.js';

/**
 * Evaluates one quantized setting. One value passes through named phases, each of which adds what
 * it found:
 *
 *     open ──> prepare ──> profile ──> gate ──> round on quantized inputs ──> correct biases
 *          ──> evaluate ──> losses ──> predicted losses ──> deployment
 *
 * - prepare: smooth and quantize the layers
 * - profile: what runs the simulated graph, before anything takes long
 * - gate: the smoothed float model must be equivalent to FP32
 * - round on quantized inputs: where wanted, weights once more, by what layers really read, and
 *   biases with them
 * - correct biases: else, where wanted
 * - evaluate: the accuracy over the whole evaluation set, unless the trial is stopped before. Of
 *   integer execution it is that of the QDQ model, which the runtime may fuse to integer kernels;
 *   gate and losses are simulated all the same.
 * - losses: of each layer, and of the output, over the loss samples
 * - predicted losses: of each layer, where second moments of its input are at hand
 * - deployment: of a target whose runtime is here: the exported model against the simulation
 */
export async function runTrial(job: TrialJob, context: JobContext): Promise<JobResult<'trial'>> {
  const opened = await openTrial(job, context);
  const prepared = await prepareTrial(opened);
  const profiled = await profileTrial(prepared);
  const gated = await passGate(profiled);
  const rounded = await roundTrialLayers(gated);
  const corrected = await correctTrialBiases(rounded);
  const evaluated = await evaluatePhase(corrected);
  const measured = await measureLosses(evaluated);
  const predicted = await predictTrialLosses(measured);
  const deployed = await measureDeployment(predicted);
  return resultOf(deployed);
}

async function resultOf(trial: DeployedTrial): Promise<JobResult<'trial'>> {
  const { context, settings, prepared, preparation, statistics, outcome, losses, divergence, lossSamples } = trial;
  const { execution } = settings.quantization;
  const tensors = tensorQuantizerRecords(prepared);
  const exportBytes = await context.clock.measure('prepare', () =>
    deployableBytes(prepared, execution, weightsIn(settings.layers)),
  );
  const roundedWeights = readsMoments(settings.quantization)
    ? roundedWeightRecords(prepared.layers, roundsOnQuantizedInputs(settings.quantization))
    : [];
  return {
    value: {
      ...(outcome.kind === 'complete' ? { evaluation: outcome.evaluation } : { stopped: outcome.stopped }),
      losses,
      lossSamples,
      quantizers: prepared.layers.flatMap((p) => quantizerRecords(p, statistics.get(p.layer.name)!, preparation)),
      smoothing: prepared.layers.map(smoothingRecord),
      biasCorrections: prepared.layers.flatMap(({ layer, biasCorrection: correction, outputFactors }) =>
        correction === null ? [] : [{ layer: layer.name, correction, outputFactors }],
      ),
      outputDivergence: divergence,
      ...(trial.predicted.length === 0 ? {} : { predictedLosses: trial.predicted }),
      gate: trial.gate,
      exportBytes,
      ...(tensors.length === 0 ? {} : { tensors }),
      ...(roundedWeights.length === 0 ? {} : { roundedWeights }),
      ...(trial.deployment === null ? {} : { deployment: trial.deployment }),
    },
    execution: { ...trial.ran, timings: context.clock.timings },
  };
}
