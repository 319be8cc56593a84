import type { Dataset } from '../../../formats/dataset.js';
import { GateError } from '../../../equivalence/gate-error.js';
import { LossAccumulator } from '../../../losses/loss-accumulator.js';
import { lossGraph } from '../../../losses/loss-graph.js';
import { outputDivergences } from '../../../tasks/output-divergence.js';
import { PreciseSums } from '../../../statistics/precise-sums.js';
import type { GateRecord } from '../../../records/gate-record.js';
import type { LayerLossRecord } from '../../../records/loss-record.js';
import type { EvaluationSettings, GateSettings, LossSettings } from '../../../experiment/sections/settings.js';
import { ModelError } from '../../../onnx/model-error.js';
import type { OnnxModel } from '../../../onnx/onnx-model.js';
import type { TrialSettings } from '../../../plan/plan.js';
import {
  prepareModel,
  quantizerRecords,
  smoothingRecord,
  type AlphaOf,
  type PreparedModel,
} from '../../../quantize/prepare-layers.js';
import { deployableBytes, deployableModel } from '../../../quantize/graph/deployable-model.js';
import { quantizedModel, smoothedModel } from '../../../quantize/graph/quantized-graph.js';
import { bitsOfLayers, selectLayers } from '../../../quantize/select-layers.js';
import { evaluationSamplesPerRun, freelyChosen, openBatching, samplesOf } from '../../batching/batching.js';
import { searchesAlphas } from '../../../smooth/modes/registry.js';
import { correctBiases } from './correct-biases.js';
import { evaluateTrial, type Evaluated } from './evaluate-trial.js';
import { fixedAlphas } from './fixed-alphas.js';
import {
  batchWithin,
  fusing,
  observedExecution,
  observedKernels,
  openJobDataset,
  withSession,
  type JobContext,
  type Ran,
} from '../job-context.js';
import type { JobResult, TrialJob } from '../jobs.js';
import { judgeGate } from './judge-gate.js';
import { loadModel } from '../../session/model-cache.js';
import { modelOutputs } from '../../session/model-outputs.js';
import { runBatches } from '../../batching/run-batches.js';
import type { BatchRange } from '../../batching/sample-runs.js';
import { RuntimeError } from '../../session/session.js';

/**
 * Samples of one run of a loss graph on CPU, at most: it holds several tensors of each layer at once, and small ones stay in
 * the caches. Over runs of 16 that takes a tenth off its time and half of its memory (docs/PERFORMANCE.md).
 */
const CPU_LOSS_SAMPLES = 8;

/** A tolerance below is literal: float32 rounds by 6e-8, and a layer adds up many numbers. */
const LEAST_JUDGED_TOLERANCE = 1e-6;

/** Samples of an evaluation from which on the fastest form of its quantizers is looked for; it takes as long as hundreds. */
export const LONG_PASS = 2000;

/** What stays the same through the phases of one trial. */
interface Trial extends Evaluated {
  readonly prepared: PreparedModel;
}

/**
 * Evaluates one quantized setting: smooth and quantize, pass the equivalence gate, correct biases where wanted, measure
 * accuracy over the whole evaluation set, unless it is stopped before, and layer losses over the loss samples. Of integer execution the accuracy is
 * that of the QDQ model, which the runtime may fuse to integer kernels; gate and losses are simulated all the same.
 */
export async function runTrial(job: TrialJob, context: JobContext): Promise<JobResult<'trial'>> {
  const { evaluation: evaluationSettings, preprocess, layers, quantization, smoothing, loss, gate } = job.settings;
  if (layers === null || quantization === null || loss === null || gate === null) {
    throw new Error('Invariant: a trial job is a quantized trial.');
  }
  const model = loadModel(job.model);
  const gated = await openJobDataset(evaluationSettings.source, preprocess, context);
  const statistics = new Map(job.observation.inputs.map((i) => [i.layer, i]));
  const bits = bitsOfLayers(model.layers, layers);
  const preparation = { quantization, smoothing, bits, alphaOf: alphaOf(smoothing, job.alphas) };
  const uncorrected = await context.clock.measure('prepare', () =>
    prepareModel(model.folded, selectLayers(model.layers, layers, job.keptFloat), statistics, preparation),
  );
  const samples = evaluationSamples(evaluationSettings, gated);
  const measured = Math.min(loss.samples, samples);
  const batching = await openBatching(model, gated, [evaluationSettings.source, preprocess], context);
  const before = { job, model, batching, dataset: gated, prepared: uncorrected, context, total: samples + measured };
  const simulated = await ranOn(before);
  const gateRecord = await context.clock.measure('gate', () => passGate(before, gate, samples));
  const prepared = await withCorrectedBiases(before);
  // Opened anew: the calibration samples of the correction took its place.
  const dataset = await openJobDataset(evaluationSettings.source, preprocess, context);
  const trial = { ...before, dataset, prepared };
  const isLong = samples >= LONG_PASS;
  const samplesPerRun = evaluationSamplesPerRun(evaluationSettings.batchSize, batching, context);
  const evaluating = { ...trial, context: isLong ? { ...context, longPass: samplesPerRun } : context };
  const quantized = await context.clock.measure('prepare', () => quantizedModel(prepared.base, prepared.layers));
  const integer = quantization.execution === 'integer' ? deployableModel(prepared, 'integer') : null;
  // The form of a long pass hangs on the very graph.
  const ran =
    integer !== null
      ? await observedKernels(integer, model.io, dataset, fusing(context))
      : isLong && context.session.provider === 'cpu'
        ? await observedKernels(quantized, model.io, dataset, evaluating.context)
        : simulated;
  const outcome =
    integer === null
      ? await evaluateTrial(evaluating, quantized, samples)
      : await evaluateTrial(trial, integer, samples, true);
  const { losses, divergence } = await measureLosses(trial, quantized, loss, measured);
  const exportBytes = await context.clock.measure('prepare', () => deployableBytes(prepared, quantization.execution));
  return {
    value: {
      ...(outcome.kind === 'complete' ? { evaluation: outcome.evaluation } : { stopped: outcome.stopped }),
      losses,
      lossSamples: measured,
      quantizers: prepared.layers.flatMap((p) => quantizerRecords(p, statistics.get(p.layer.name)!, preparation)),
      smoothing: prepared.layers.map(smoothingRecord),
      biasCorrections: prepared.layers.flatMap(({ layer, biasCorrection: correction, outputFactors }) =>
        correction === null ? [] : [{ layer: layer.name, correction, outputFactors }],
      ),
      outputDivergence: divergence,
      gate: gateRecord,
      exportBytes,
    },
    execution: { ...ran, timings: context.clock.timings },
  };
}

/** What runs the simulated model; a correction of its biases adds no operator that matters. */
function ranOn({ job, model, dataset, prepared, context }: Trial): Promise<Ran> {
  const { layers, quantization, smoothing } = job.settings;
  const key = JSON.stringify([job.model, layers, quantization, smoothing.mode, smoothing.apply]);
  const graph = (): OnnxModel => quantizedModel(prepared.base, prepared.layers);
  return observedExecution('trial', key, graph, model.io, dataset, context);
}

async function withCorrectedBiases({ job, model, prepared, context }: Trial): Promise<PreparedModel> {
  const { calibration, preprocess, layers, quantization } = job.settings;
  const { method, samples } = quantization!.biasCorrection;
  if (method === 'none' || calibration === null) return prepared;
  const dataset = await openJobDataset(calibration.source, preprocess, context, calibration.sampleSeed);
  const batching = await openBatching(model, dataset, [calibration.source, preprocess], context);
  const key = JSON.stringify([job.model, calibration, preprocess, layers, job.keptFloat, samples]);
  return context.clock.measure('biasCorrection', () =>
    correctBiases(model, prepared, { dataset, batching, samples, key }, context),
  );
}

/** Evaluation samples that the settings ask for. */
export function evaluationSamples({ samples }: EvaluationSettings, dataset: Dataset): number {
  return samples === 'all' ? dataset.sampleCount : Math.min(samples, dataset.sampleCount);
}

function alphaOf(smoothing: TrialSettings['smoothing'], alphas: TrialJob['alphas']): AlphaOf {
  if (!searchesAlphas(smoothing.mode)) return fixedAlphas(smoothing);
  return (layer) => {
    const alpha = alphas?.get(layer);
    if (alpha === undefined) throw new Error(`Invariant: the search chose no alpha for layer "${layer}".`);
    return alpha;
  };
}

/**
 * The smoothed float model (also with BatchNormalization folded) must reproduce the untouched one. Where its output does not, it
 * is judged inside, where that is meaningful: behind discontinuous operators, or where the output is tiny, a correct model
 * need not reproduce the output itself.
 */
async function passGate(trial: Trial, gate: GateSettings, samples: number): Promise<GateRecord> {
  const { prepared, job } = trial;
  const count = Math.min(gate.samples, samples);
  const expected = await referenceOutputs(trial, count);
  const smoothed = smoothedModel(prepared.base, prepared.layers);
  const actual = await outputsOf(trial, smoothed, count);
  let largest = 0;
  // An operator that selects may give another number of rows.
  let error = actual.length === expected.length ? 0 : Infinity;
  for (const [i, value] of expected.entries()) {
    largest = Math.max(largest, Math.abs(value));
    if (error < Infinity) error = Math.max(error, Math.abs(actual[i]! - value));
  }
  const maxRelativeError = largest > 0 ? error / largest : error;
  if (maxRelativeError <= gate.tolerance) return { maxRelativeError, samples: count };
  // A tolerance below what float32 holds, or an output that is no number, is meant and judged literally.
  if (!(gate.tolerance >= LEAST_JUDGED_TOLERANCE) || Number.isNaN(maxRelativeError)) {
    throw new GateError(maxRelativeError, gate.tolerance, job.settings);
  }
  const { model, batching, dataset, context } = trial;
  const subject = { model, prepared, smoothed, batching, dataset, range: gateRange(trial, count), expected };
  const judgement = await judgeGate(subject, gate.tolerance, context).catch((cause: unknown) => {
    // What is no trouble of the surroundings is a graph that can't be judged so: the output is all that there is.
    const isOwn = cause instanceof ModelError || (cause instanceof RuntimeError && cause.trouble === null);
    throw isOwn ? new GateError(maxRelativeError, gate.tolerance, job.settings, null, { cause }) : cause;
  });
  if (!(judgement.relativeError <= gate.tolerance)) {
    throw new GateError(maxRelativeError, gate.tolerance, job.settings, judgement);
  }
  const judgedBy = judgement.discontinuous.length > 0 ? 'discontinuous' : 'rounding';
  return { maxRelativeError: judgement.relativeError, samples: count, judgedBy };
}

function gateRange({ job, batching, context }: Trial, count: number): BatchRange {
  return { first: 0, count, batchSize: evaluationSamplesPerRun(job.settings.evaluation.batchSize, batching, context) };
}

let reference: { readonly key: string; readonly outputs: Float32Array } | null = null;

/** FP32 outputs of the gate's samples: the same for all trials of a sweep, so the last are kept. */
async function referenceOutputs(trial: Trial, count: number): Promise<Float32Array> {
  const { job, model } = trial;
  const { evaluation, preprocess } = job.settings;
  const key = JSON.stringify([job.model, evaluation.source, preprocess, count]);
  if (reference?.key !== key) reference = { key, outputs: await outputsOf(trial, model.untouched, count) };
  return reference.outputs;
}

function outputsOf(trial: Trial, graph: OnnxModel, count: number): Promise<Float32Array> {
  const { batching, dataset, context } = trial;
  return modelOutputs(graph, batching, dataset, gateRange(trial, count), context);
}

async function measureLosses(
  trial: Trial,
  quantized: OnnxModel,
  loss: LossSettings,
  samples: number,
): Promise<{ readonly losses: readonly LayerLossRecord[]; readonly divergence: number }> {
  const { model, batching, dataset, job, context, prepared, total } = trial;
  const graph = lossGraph(model, quantized, prepared, loss.modes);
  const losses = new LossAccumulator(graph.layers);
  const batchSize = evaluationSamplesPerRun(job.settings.evaluation.batchSize, batching, context);
  const fitting =
    context.session.provider === 'cpu' ? Math.min(batchSize, freelyChosen(CPU_LOSS_SAMPLES, batching)) : batchSize;
  const range = { first: 0, count: samples, batchSize: batchWithin(fitting, context) };
  const divergence = new PreciseSums(1);
  await withSession(graph.model, model.io, context, (session) =>
    context.clock.measure('loss', () =>
      runBatches(session, batching, dataset, range, (outputs, run) => {
        const { first, samples: count, rows } = run;
        losses.add(outputs, { samples: count, fed: rows });
        const [expected, actual] = [graph.output.reference, graph.output.quantized].map(
          (name) => samplesOf(batching, outputs[name]!, run).data,
        );
        divergence.addRows(outputDivergences(job.settings.task.kind, expected!, actual!, count));
        context.report(total - samples + first + count, total);
      }),
    ),
  );
  return { losses: losses.finish(), divergence: Math.max(0, divergence.value(0) / samples) };
}
