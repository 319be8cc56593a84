import { cpuFlags, hasVnni } from '../../../numerics/cpu-flags.js';
import { deployableModel } from '../../../../quantize/graph/deployable-model.js';
import type { OnnxModel } from '../../../../onnx/onnx-model.js';
import { primaryAccuracy } from '../../../../records/primary-accuracy.js';
import type { DeploymentRecord } from '../../../../records/deployment-record.js';
import type { EvaluationRecord } from '../../../../records/evaluation-record.js';
import { countDiscordant } from '../../../../statistics/bitset.js';
import { targets } from '../../../../targets/registry.js';
import { evaluationSamplesPerRun } from '../../../batching/batching.js';
import { modelOutputs } from '../../../session/model-outputs.js';
import { readBack } from '../../../session/read-back.js';
import { onnxruntimeVersion, type SessionSettings } from '../../../session/session.js';
import { fusing, type JobContext } from '../../job-context.js';
import { countDiffering } from '../count-differing.js';
import { evaluateTrial } from '../evaluate-trial.js';
import { worstOutputError } from '../output-error.js';
import type { PredictedTrial } from './predict-trial-losses.js';
import type { PreparedTrial } from './prepare-trial.js';

/** With how far deployment is from simulation; null where the target's runtime is not here. */
export interface DeployedTrial extends PredictedTrial {
  readonly deployment: DeploymentRecord | null;
}

/**
 * Runs the model that `export` writes as its target would, where the target's runtime is the one
 * that is here: onnxruntime on an x64 CPU, with default options. Without VNNI its sums would
 * saturate, so that they are those of another target; the option that keeps them exact is set
 * then, and recorded.
 */
export async function measureDeployment(trial: PredictedTrial): Promise<DeployedTrial> {
  const { prepared, outcome, context, settings } = trial;
  const session = deploymentSession(prepared, context.session);
  if (session === null || outcome.kind === 'stopped') return { ...trial, deployment: null };
  const model = await context.clock.measure('prepare', () => deployableModel(prepared, 'integer'));
  const deployed = fusing({ ...context, session });
  const compared = await context.clock.measure('deployment', () => compare(trial, model, deployed));
  const { operators } = await context.clock.measure('deployment', () => readBack(model, deployed.session));
  const isEvaluated = settings.quantization.execution === 'integer';
  const evaluation = isEvaluated ? outcome.evaluation : await evaluate(trial, model, deployed);
  return {
    ...trial,
    deployment: {
      options: session.exactProducts === true ? 'session.x64quantprecision=1' : 'default',
      onnxruntimeVersion: onnxruntimeVersion(),
      ...compared,
      accuracy: primaryOf(evaluation),
      samplesDiffering: isEvaluated ? null : samplesDiffering(outcome.evaluation, evaluation),
      operators,
    },
  };
}

/** How the target's runtime runs a model here; null where it can't. */
export function deploymentSession(
  { placed }: Pick<PreparedTrial['prepared'], 'placed'>,
  session: SessionSettings,
): SessionSettings | null {
  if (placed === undefined) return null;
  const { kernels, saturates } = targets[placed.target];
  if (kernels === null || process.arch !== 'x64') return null;
  const isExact = hasVnni(cpuFlags().join(' '));
  if (saturates && isExact) return null;
  const own = { ...session, provider: 'cpu' as const, deviceId: 0 };
  return saturates || isExact ? own : { ...own, exactProducts: true };
}

type Compared = Pick<DeploymentRecord, 'samples' | 'values' | 'differing' | 'maxDifference'>;

/** The outputs of both models on the samples that losses are measured on, value by value. */
async function compare(trial: PredictedTrial, model: OnnxModel, deployed: JobContext): Promise<Compared> {
  const { batching, dataset, context, settings, lossSamples, quantized } = trial;
  const batchSize = evaluationSamplesPerRun(settings.evaluation.batchSize, batching, context);
  const range = { first: 0, count: lossSamples, batchSize };
  const expected = await modelOutputs(quantized, batching, dataset, range, context);
  const actual = await modelOutputs(model, batching, dataset, range, deployed);
  const { outputs } = trial.model.io;
  const { values, differing } = countDiffering(expected, actual);
  return {
    samples: lossSamples,
    ...{ values, differing },
    maxDifference: worstOutputError(outputs, expected, actual).relativeError,
  };
}

/** Over all samples: a complete trial is held against a complete one. */
async function evaluate(trial: PredictedTrial, model: OnnxModel, context: JobContext): Promise<EvaluationRecord> {
  const whole = { ...trial, context, job: { ...trial.job, stop: null } };
  const outcome = await evaluateTrial(whole, model, trial.samples, true);
  if (outcome.kind === 'stopped') throw new Error('Invariant: nothing stops an evaluation without a rule.');
  return outcome.evaluation;
}

function primaryOf(evaluation: EvaluationRecord): DeploymentRecord['accuracy'] {
  const primary = primaryAccuracy(evaluation);
  return primary === undefined ? null : { metric: primary.metric, value: primary.value };
}

/** Samples that one of the two gets right and the other wrong; null without such outcomes. */
function samplesDiffering(simulated: EvaluationRecord, deployed: EvaluationRecord): number | null {
  const bitsOf = ({ outcomes, primaryMetric }: EvaluationRecord): Uint8Array | null =>
    outcomes.find(({ metric, kind }) => metric === primaryMetric && kind === 'bitset')?.data ?? null;
  const own = bitsOf(simulated);
  const other = bitsOf(deployed);
  if (own === null || other === null) return null;
  const { onlyA, onlyB } = countDiscordant(own, other);
  return onlyA + onlyB;
}
