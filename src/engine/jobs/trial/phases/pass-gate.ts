import { GateError } from '../../../../equivalence/gate-error.js';
import { ModelError } from '../../../../onnx/model-error.js';
import type { OnnxModel } from '../../../../onnx/onnx-model.js';
import { smoothedModel } from '../../../../quantize/graph/quantized-graph.js';
import type { GateRecord } from '../../../../records/gate-record.js';
import { evaluationSamplesPerRun } from '../../../batching/batching.js';
import type { BatchRange } from '../../../batching/sample-runs.js';
import { modelOutputs } from '../../../session/model-outputs.js';
import { RuntimeError } from '../../../session/runtime-error.js';
import { LastOne, type Cache } from '../../job-caches.js';
import type { SampleOutputs } from '../../../../tasks/output-divergence.js';
import { judgeInside } from '../judge-inside.js';
import { worstOutputError } from '../output-error.js';
import type { ProfiledTrial } from './profile-trial.js';

/** A tolerance below is literal: float32 rounds by 6e-8, and a layer adds up many numbers. */
const LEAST_JUDGED_TOLERANCE = 1e-6;

/** With how closely its smoothed model reproduces FP32. */
export interface GatedTrial extends ProfiledTrial {
  readonly gate: GateRecord;
}

/**
 * The smoothed float model (also with BatchNormalization folded) must reproduce the untouched one.
 * Where an output does not, it is judged inside, where that is meaningful: behind discontinuous
 * operators, or where an output is tiny, a correct model need not reproduce the output itself.
 *
 * @throws GateError
 */
export async function passGate(trial: ProfiledTrial): Promise<GatedTrial> {
  return { ...trial, gate: await trial.context.clock.measure('gate', () => judge(trial)) };
}

async function judge(trial: ProfiledTrial): Promise<GateRecord> {
  const { prepared, settings, samples } = trial;
  const { gate } = settings;
  const count = Math.min(gate.samples, samples);
  const expected = await referenceOutputs(trial, count);
  const smoothed = smoothedModel(prepared.base, prepared.layers);
  const actual = await outputsOf(trial, smoothed, count);
  const { outputs } = trial.model.io;
  const { output, relativeError: maxRelativeError } = worstOutputError(outputs, expected, actual);
  if (maxRelativeError <= gate.tolerance) return { maxRelativeError, samples: count };
  const found = { maxRelativeError, output: outputs.length === 1 ? null : output };
  // A tolerance below what float32 holds, or an output that is no number, is meant and judged
  // literally.
  if (!(gate.tolerance >= LEAST_JUDGED_TOLERANCE) || Number.isNaN(maxRelativeError)) {
    throw new GateError(found, gate.tolerance, settings);
  }
  const { model, batching, dataset, context } = trial;
  const subject = { model, prepared, smoothed, batching, dataset, range: gateRange(trial, count), expected };
  const judgement = await judgeInside(subject, gate.tolerance, context).catch((cause: unknown) => {
    // What is no trouble of the surroundings is a graph that can't be judged so: the output is all
    // that there is.
    const isOwn = cause instanceof ModelError || (cause instanceof RuntimeError && cause.trouble === null);
    throw isOwn ? new GateError(found, gate.tolerance, settings, null, { cause }) : cause;
  });
  if (!(judgement.relativeError <= gate.tolerance)) {
    throw new GateError(found, gate.tolerance, settings, judgement);
  }
  const judgedBy = judgement.discontinuous.length > 0 ? 'discontinuous' : 'rounding';
  return { maxRelativeError: judgement.relativeError, samples: count, judgedBy };
}

function gateRange({ settings, batching, context }: ProfiledTrial, count: number): BatchRange {
  return { first: 0, count, batchSize: evaluationSamplesPerRun(settings.evaluation.batchSize, batching, context) };
}

/** FP32 outputs of the gate's samples: the same for all trials of a sweep, so the last are kept. */
const lastReference: Cache<LastOne<readonly SampleOutputs[]>> = { start: () => new LastOne() };

async function referenceOutputs(trial: ProfiledTrial, count: number): Promise<readonly SampleOutputs[]> {
  const { job, model, settings, context } = trial;
  const last = context.caches.of(lastReference);
  const key = JSON.stringify([job.model, settings.evaluation.source, settings.preprocess, count]);
  return last.get(key) ?? last.set(key, await outputsOf(trial, model.untouched, count));
}

function outputsOf(trial: ProfiledTrial, graph: OnnxModel, count: number): Promise<readonly SampleOutputs[]> {
  const { batching, dataset, context } = trial;
  return modelOutputs(graph, batching, dataset, gateRange(trial, count), context);
}
