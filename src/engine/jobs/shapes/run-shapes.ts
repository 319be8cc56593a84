import type { Dataset } from '../../../formats/dataset.js';
import { openBatching, plainBatching, sampleOutputs, type Batching } from '../../batching/batching.js';
import { type JobContext } from '../job-context.js';
import { openJobDataset } from '../open-job-dataset.js';
import { withSession } from '../../session/with-session.js';
import type { JobResult, JobResults } from '../jobs.js';
import type { ShapesJob } from './shapes-job.js';
import { loadModel } from '../../session/load-model.js';
import { runBatches } from '../../batching/run-batches.js';
import type { SampleRun } from '../../batching/sample-runs.js';
import type { Outputs } from '../../session/session.js';

/**
 * Runs the untouched model once over the first samples and returns the shapes of its outputs. Where
 * the evaluated output does not begin with the samples, it is also looked for where in it they lie,
 * as the sweep does.
 */
export async function runShapes(job: ShapesJob, context: JobContext): Promise<JobResult<'shapes'>> {
  const model = loadModel(job.model, context.caches);
  const { untouched, io } = model;
  const dataset = await openJobDataset(job.source, job.preprocess, context);
  const firstRun = (batching: Batching, samples: number): Promise<Ran | null> =>
    withSession(untouched, io, context, (session) => runOnce(session, batching, dataset, samples));
  const plain = plainBatching(io);
  const ran = await firstRun(plain, job.samples);
  const rows = ran?.run.rows ?? 0;
  const shapes = Object.entries(ran?.outputs ?? {}).map(([name, { dims }]) => [name, [...dims]] as const);
  let samplesFirst: JobResults['shapes']['samplesFirst'] = null;
  if (ran !== null && ran.outputs[io.output]!.dims[0] !== rows) {
    const batching = await openBatching(model, dataset, [job.source, job.preprocess], context);
    if (batching.layout !== null) {
      const found = await firstRun(batching, batching.fixed ?? job.samples);
      if (found !== null) samplesFirst = [...sampleOutputs(batching, found.outputs, found.run).dims];
    }
  }
  return { value: { rows, shapes, samplesFirst }, execution: { provider: '', timings: context.clock.timings } };
}

interface Ran {
  readonly outputs: Outputs;
  readonly run: SampleRun;
}

/** The first run over so many samples, or as many as there are. */
async function runOnce(
  session: Parameters<typeof runBatches>[0],
  batching: Batching,
  dataset: Dataset,
  samples: number,
): Promise<Ran | null> {
  const count = Math.min(samples, dataset.sampleCount);
  let ran: Ran | null = null;
  await runBatches(
    session,
    batching,
    dataset,
    { first: 0, count, batchSize: count },
    (outputs, run) => {
      ran = { outputs, run };
    },
    () => true,
  );
  return ran;
}
