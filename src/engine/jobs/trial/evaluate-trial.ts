import type { Dataset } from '../../../formats/dataset.js';
import { reorderedDataset, sampleOrder } from '../../../formats/permuted-dataset.js';
import type { EvaluationRecord } from '../../../records/evaluation-record.js';
import type { StopRecord } from '../../../records/trial-record.js';
import { createBoundTest } from '../../../statistics/bound-test.js';
import { createSequentialTest, type StopVerdict } from '../../../statistics/sequential-test.js';
import type { OnnxModel } from '../../../onnx/onnx-model.js';
import { evaluationSamplesPerRun, sampleOutputs, type Batching } from '../../batching/batching.js';
import { fusing, type JobContext } from '../job-context.js';
import { withSession } from '../../session/with-session.js';
import type { StopRule, TrialJob } from './trial-job.js';
import type { LoadedModel } from '../../session/load-model.js';
import { besideReference, referenceNames } from '../../session/reference-session.js';
import { runBatches } from '../../batching/run-batches.js';
import type { Session } from '../../session/session.js';
import type { OutputTensor, TaskMetric } from '../../../tasks/metric.js';
import { openTaskMetric } from '../../../tasks/task-metric.js';

/** What a trial is evaluated on. */
export interface Evaluated {
  readonly job: TrialJob;
  readonly model: LoadedModel;
  readonly batching: Batching;
  readonly dataset: Dataset;
  readonly context: JobContext;
  /** Samples to run over all phases, for progress. */
  readonly total: number;
}

/** A trial's accuracy over all samples, or how it came to be stopped before. */
export type EvaluationOutcome =
  | { readonly kind: 'complete'; readonly evaluation: EvaluationRecord }
  | { readonly kind: 'stopped'; readonly stopped: StopRecord };

/**
 * Measures the accuracy of a quantized model over the first `samples` of the evaluation data. Where
 * the job has a rule to stop by, the samples are taken in a random order and judged on the way;
 * what is kept of each sample is kept at its own place, so that a trial that comes to its end has
 * the very record that it has without the rule.
 *
 * @param fuses true: the runtime may fuse `quantized`, and nothing else: FP32 beside it runs as it
 *   is written, also where the model brings QuantizeLinear and DequantizeLinear of its own
 */
export async function evaluateTrial(
  trial: Evaluated,
  quantized: OnnxModel,
  samples: number,
  fuses = false,
): Promise<EvaluationOutcome> {
  const { model, dataset, job, context } = trial;
  const metric = await openTaskMetric(job.settings.task, {
    labels: dataset.labels,
    groundTruth: dataset.groundTruth,
    referenceArgmax: job.referenceArgmax,
    sampleCount: samples,
    names: dataset.names ?? null,
    sampleShape: dataset.sampleShape,
  });
  const run = job.stop === null ? plainRun(trial, metric, samples) : sequentialRun(trial, metric, samples, job.stop);
  const evaluateWith = (session: Pick<Session, 'run'>): Promise<void> =>
    context.clock.measure('evaluate', () => run.over(session));
  const outputs = model.io.outputs.map(({ name }) => name);
  const deployed = fuses ? fusing(context) : context;
  try {
    await withSession(quantized, model.io, deployed, (session) =>
      metric.needsReference
        ? withSession(model.untouched, model.io, context, (fp32) =>
            evaluateWith(besideReference(session, fp32, outputs, referenceNames(model.untouched))),
          )
        : evaluateWith(session),
    );
    const stopped = run.stopped();
    if (stopped !== null) return { kind: 'stopped', stopped };
    const { evaluation } = await context.clock.measure('metric', () => metric.finish());
    return { kind: 'complete', evaluation };
  } finally {
    metric.close?.();
  }
}

interface EvaluationRun {
  over(session: Pick<Session, 'run'>): Promise<void>;
  stopped(): StopRecord | null;
}

function plainRun(trial: Evaluated, metric: TaskMetric, samples: number): EvaluationRun {
  return {
    over: (session) => feed(trial, session, trial.dataset, samples, metric, metric.add.bind(metric), () => false),
    stopped: () => null,
  };
}

function sequentialRun(trial: Evaluated, metric: TaskMetric, samples: number, rule: StopRule): EvaluationRun {
  const { isRight } = metric;
  const { outcome, confidence, orderSeed, against, maxDrop } = rule;
  if (isRight === undefined || outcome.kind !== 'bitset' || outcome.count !== samples) {
    throw new Error('Invariant: a trial is stopped by what it and another get right of the same samples.');
  }
  const order = sampleOrder(samples, orderSeed);
  const test =
    maxDrop === undefined
      ? createSequentialTest(samples, confidence, outcome.data)
      : createBoundTest({ samples, other: outcome.data, maxDrop, confidence });
  let verdict: StopVerdict | null = null;
  const add: TaskMetric['add'] = async ({ first, count, outputs, reference, origins }) => {
    const rowOf = (tensor: OutputTensor, row: number): OutputTensor => {
      const size = tensor.data.length / count;
      return {
        ...tensor,
        data: tensor.data.subarray(row * size, (row + 1) * size),
        dims: [1, ...tensor.dims.slice(1)],
      };
    };
    for (let row = 0; row < count && verdict === null; row += 1) {
      const sample = order[first + row]!;
      await metric.add({
        ...{ first: sample, count: 1, outputs: outputs.map((each) => rowOf(each, row)) },
        reference: reference && reference.map((each) => rowOf(each, row)),
        origins: origins && [origins[row]!],
      });
      verdict = test.add(sample, isRight(sample));
    }
  };
  const shuffled = reorderedDataset(trial.dataset, order);
  return {
    over: (session) => feed(trial, session, shuffled, samples, metric, add, () => verdict !== null),
    stopped: () => verdict && { ...verdict, against, metric: outcome.metric, confidence, orderSeed, samples },
  };
}

function feed(
  { model, batching, job, context, total }: Evaluated,
  session: Pick<Session, 'run'>,
  dataset: Dataset,
  samples: number,
  { needsReference }: Pick<TaskMetric, 'needsReference'>,
  add: TaskMetric['add'],
  isEnough: () => boolean,
): Promise<void> {
  const range = {
    first: 0,
    count: samples,
    batchSize: evaluationSamplesPerRun(job.settings.evaluation.batchSize, batching, context),
  };
  return runBatches(
    session,
    batching,
    dataset,
    range,
    async (outputs, run) => {
      const { first, samples: count } = run;
      const ofFp32 = referenceNames(model.untouched);
      await add({
        ...{ first, count, outputs: sampleOutputs(batching, outputs, run) },
        reference: needsReference ? sampleOutputs(batching, outputs, run, ofFp32) : null,
        origins: (await dataset.origins?.(first, count)) ?? null,
      });
      context.report(first + count, total);
    },
    isEnough,
  );
}
