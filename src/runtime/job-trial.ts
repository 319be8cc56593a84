import type { Dataset } from '../data/dataset.js';
import { GateError } from '../evaluate/gate-error.js';
import { LossAccumulator } from '../evaluate/loss-accumulator.js';
import { lossGraph } from '../evaluate/loss-graph.js';
import type { EvaluationRecord, GateRecord, LayerLossRecord } from '../evaluate/results.js';
import type { EvaluationSettings, GateSettings, LossSettings } from '../experiment/settings.js';
import type { OnnxModel } from '../graph/onnx-model.js';
import type { TrialSettings } from '../plan/plan.js';
import { prepareLayers, quantizerRecords, smoothingRecord, type PreparedLayer } from '../quantize/prepare-layers.js';
import { quantizedModel, smoothedModel } from '../quantize/quantized-graph.js';
import { selectLayers } from '../quantize/select-layers.js';
import { observedProvider, openJobDataset, withSession, type JobContext } from './job-context.js';
import type { JobResult, TrialJob } from './jobs.js';
import { loadModel, type LoadedModel } from './model-cache.js';
import { besideReference, REFERENCE_OUTPUT } from './reference-session.js';
import { runBatches, withoutPadding } from './run-batches.js';
import type { Session } from './session.js';
import { openTaskMetric } from './task-metric.js';
import { lossSamples } from './whole-batches.js';

/** What stays the same through the phases of one trial. */
interface Trial {
  readonly job: TrialJob;
  readonly model: LoadedModel;
  readonly dataset: Dataset;
  readonly prepared: readonly PreparedLayer[];
  readonly context: JobContext;
  /** Samples to run over all phases, for progress. */
  readonly total: number;
}

/**
 * Evaluates one quantized setting: smooth and quantize, pass the equivalence gate, measure accuracy over the whole
 * evaluation set and layer losses over the loss samples.
 */
export async function runTrial(job: TrialJob, context: JobContext): Promise<JobResult<'trial'>> {
  const { evaluation: evaluationSettings, preprocess, layers, quantization, smoothing, loss, gate } = job.settings;
  if (layers === null || quantization === null || loss === null || gate === null) {
    throw new Error('Invariant: a trial job is a quantized trial.');
  }
  const model = loadModel(job.model);
  const dataset = await openJobDataset(evaluationSettings.source, preprocess);
  const statistics = new Map(job.observation.inputs.map((i) => [i.layer, i]));
  const prepared = await context.clock.measure('prepare', () =>
    prepareLayers(selectLayers(model.layers, layers), statistics, {
      quantization,
      absmax: smoothing.absmax ?? 'channel',
      alphaOf: alphaOf(smoothing, job.alphas),
    }),
  );
  const samples = evaluationSamples(evaluationSettings, dataset);
  const measured = lossSamples(
    Math.min(loss.samples, samples),
    model.io,
    prepared.map((p) => p.layer),
  );
  const trial = { job, model, dataset, prepared, context, total: samples + measured };
  const gateRecord = await context.clock.measure('gate', () => passGate(trial, gate, samples));
  const quantized = await context.clock.measure('prepare', () => quantizedModel(model.folded, prepared));
  const evaluation = await evaluate(trial, quantized, samples);
  const losses = await measureLosses(trial, quantized, loss, measured);
  const provider = await observedProvider(
    'trial',
    job.model.sha256 + JSON.stringify(layers),
    quantized,
    model.io,
    dataset,
    context,
  );
  return {
    value: {
      evaluation,
      losses,
      lossSamples: measured,
      quantizers: prepared.flatMap((p) => quantizerRecords(p, statistics.get(p.layer.name)!)),
      smoothing: prepared.map(smoothingRecord),
      gate: gateRecord,
    },
    execution: { provider, timings: context.clock.timings },
  };
}

/** Evaluation samples that the settings ask for. */
export function evaluationSamples({ samples }: EvaluationSettings, dataset: Dataset): number {
  return samples === 'all' ? dataset.sampleCount : Math.min(samples, dataset.sampleCount);
}

function alphaOf(smoothing: TrialSettings['smoothing'], alphas: TrialJob['alphas']): (layer: string) => number | null {
  switch (smoothing.mode) {
    case 'none':
      return () => null;
    case 'static':
      return () => smoothing.alpha;
    case 'dynamic':
      return (layer) => {
        const alpha = alphas?.get(layer);
        if (alpha === undefined) throw new Error(`Invariant: the search chose no alpha for layer "${layer}".`);
        return alpha;
      };
  }
}

/** The smoothed float model (also with BatchNormalization folded) must reproduce the untouched one. */
async function passGate(trial: Trial, gate: GateSettings, samples: number): Promise<GateRecord> {
  const { model, prepared, job } = trial;
  const count = Math.min(gate.samples, samples);
  const expected = await referenceOutputs(trial, count);
  const actual = await outputsOf(trial, smoothedModel(model.folded, prepared), count);
  let largest = 0;
  let error = 0;
  for (const [i, value] of expected.entries()) {
    largest = Math.max(largest, Math.abs(value));
    error = Math.max(error, Math.abs(actual[i]! - value));
  }
  const maxRelativeError = largest > 0 ? error / largest : error;
  if (!(maxRelativeError <= gate.tolerance)) throw new GateError(maxRelativeError, gate.tolerance, job.settings);
  return { maxRelativeError, samples: count };
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

async function outputsOf(trial: Trial, graph: OnnxModel, count: number): Promise<Float32Array> {
  const { model, dataset, job, context } = trial;
  const chunks: Float32Array[] = [];
  const range = { first: 0, count, batchSize: job.settings.evaluation.batchSize };
  await withSession(graph, model.io, context, (session) =>
    runBatches(session, model.io, dataset, range, (outputs, _first, samples, fed) => {
      chunks.push(withoutPadding(outputs[model.io.output]!, samples, fed).data.slice());
    }),
  );
  const all = new Float32Array(chunks.reduce((sum, c) => sum + c.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

async function evaluate(trial: Trial, quantized: OnnxModel, samples: number): Promise<EvaluationRecord> {
  const { model, dataset, job, context, total } = trial;
  const metric = await openTaskMetric(job.settings.task, {
    labels: dataset.labels,
    groundTruth: dataset.groundTruth,
    referenceArgmax: job.referenceArgmax,
    sampleCount: samples,
  });
  const range = { first: 0, count: samples, batchSize: job.settings.evaluation.batchSize };
  const evaluateWith = (session: Pick<Session, 'run'>): Promise<void> =>
    context.clock.measure('evaluate', () =>
      runBatches(session, model.io, dataset, range, async (outputs, first, count, fed) => {
        const { data, dims } = withoutPadding(outputs[model.io.output]!, count, fed);
        const reference = outputs[REFERENCE_OUTPUT];
        await metric.add(first, count, data, dims, reference && withoutPadding(reference, count, fed).data);
        context.report(first + count, total);
      }),
    );
  await withSession(quantized, model.io, context, (session) =>
    metric.needsReference
      ? withSession(model.untouched, model.io, context, (fp32) =>
          evaluateWith(besideReference(session, fp32, model.io.output)),
        )
      : evaluateWith(session),
  );
  const { evaluation } = await context.clock.measure('metric', () => metric.finish());
  return evaluation;
}

async function measureLosses(
  trial: Trial,
  quantized: OnnxModel,
  loss: LossSettings,
  samples: number,
): Promise<readonly LayerLossRecord[]> {
  const { model, dataset, job, context, prepared, total } = trial;
  const graph = lossGraph(model.untouched, model.folded, quantized, prepared, loss.modes);
  const losses = new LossAccumulator(graph.layers);
  const range = { first: 0, count: samples, batchSize: job.settings.evaluation.batchSize };
  await withSession(graph.model, model.io, context, (session) =>
    context.clock.measure('loss', () =>
      runBatches(session, model.io, dataset, range, (outputs, first, count, fed) => {
        losses.add(outputs, { samples: count, fed });
        context.report(total - samples + first + count, total);
      }),
    ),
  );
  return losses.finish();
}
