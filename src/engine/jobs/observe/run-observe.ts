import { withHistogramAmax } from '../../../calibrate/calibrators/amax-by-calibrator.js';
import { observeGraph } from '../../../calibrate/observe-graph.js';
import { StatisticsAccumulator } from '../../../calibrate/statistics-accumulator.js';
import { NonFiniteError } from '../../../records/non-finite-error.js';
import type { ObservationRecord } from '../../../records/observation-record.js';
import { ModelError } from '../../../onnx/model-error.js';
import { tensorsOfTargets } from './tensors-of-targets.js';
import { constantInputs, displayHistograms } from './display-histograms.js';
import { openBatching, type Batching } from '../../batching/batching.js';
import { batchWithin, type JobContext } from '../job-context.js';
import { observedExecution } from '../observed-execution.js';
import { openJobDataset } from '../open-job-dataset.js';
import { withSession } from '../../session/with-session.js';
import type { JobResult } from '../jobs.js';
import type { ObserveJob } from './observe-job.js';
import { loadModel } from '../../session/load-model.js';
import { runBatches } from '../../batching/run-batches.js';
import { sampleRuns, type BatchRange } from '../../batching/sample-runs.js';

/** Observes the inputs of all layers over a range of calibration batches. */
export async function runObserve(job: ObserveJob, context: JobContext): Promise<JobResult<'observe'>> {
  try {
    return await observe(job, context, 'plain');
  } catch (error) {
    // Finite values near the end of float32 have infinite sums.
    if (!(error instanceof NonFiniteError)) throw error;
    return observe(job, context, 'huge');
  }
}

async function observe(job: ObserveJob, context: JobContext, sums: 'plain' | 'huge'): Promise<JobResult<'observe'>> {
  const loaded = loadModel(job.model, context.caches);
  const { folded, layers, io } = loaded;
  const dataset = await openJobDataset(job.source, job.preprocess, context, job.sampleSeed);
  const supported = layers.filter((l) => l.supported);
  const { model, observed } = observeGraph(
    folded,
    supported,
    job.methods,
    job.histograms !== null,
    constantInputs(dataset),
    sums,
    tensorsOfTargets(folded, supported, job.targets ?? []),
  );
  const kind = `observe ${(job.targets ?? []).join()}`.trim();
  const ran = await observedExecution(kind, job.model.sha256, () => model, io, dataset, context);
  const batching = await openBatching(loaded, dataset, [job.source, job.preprocess], context);
  const statistics = new StatisticsAccumulator(observed);
  const ends = [...new Set([...job.snapshots, job.endBatch])]
    .filter((batches) => batches > job.firstBatch && batches <= job.endBatch)
    .sort((a, b) => a - b);
  const value: ObservationRecord[] = [];
  await withSession(model, io, context, (session) =>
    context.clock.measure('run', async () => {
      let batch = job.firstBatch;
      for (const end of ends) {
        const first = batch * job.batchSize;
        const range: BatchRange = {
          first,
          count: (end - batch) * job.batchSize,
          batchSize: batchWithin(job.batchSize, context),
        };
        checkView(job, batching, range);
        await runBatches(session, batching, dataset, range, (outputs, { first: at, samples, rows }) => {
          statistics.add(outputs, { samples, fed: rows });
          context.report(
            at + samples - job.firstBatch * job.batchSize,
            (job.endBatch - job.firstBatch) * job.batchSize,
          );
        });
        batch = end;
        value.push(snapshot(job, statistics, end));
      }
    }),
  );
  if (job.displaySamples > 0) {
    const display = await displayHistograms(job.displaySamples, loaded, batching, dataset, context, sums);
    value.push({ ...value.pop()!, display });
  }
  return { value, execution: { ...ran, timings: context.clock.timings } };
}

/**
 * @throws ModelError where the view of a run would be one of copies, and another one than of its
 *   samples
 */
function checkView({ methods }: ObserveJob, batching: Batching, range: BatchRange): void {
  const { noViewOfCopies } = batching;
  if (noViewOfCopies === null || !methods.includes('view')) return;
  if (sampleRuns(range, batching).some(({ samples, rows }) => samples < rows)) throw new ModelError(noViewOfCopies);
}

/**
 * A prefix from the first batch on is complete: what its histograms are needed for besides the
 * trials is calculated here, and only those that others must have leave the child. Parts that start
 * later are joined first, in the parent.
 */
function snapshot(job: ObserveJob, statistics: StatisticsAccumulator, end: number): ObservationRecord {
  const observation = statistics.snapshot(end, end * job.batchSize);
  if (job.histograms === null || job.firstBatch > 0) return observation;
  return withHistogramAmax(observation, end === job.endBatch || job.histograms.includes(end));
}
