import type { Dataset } from '../../../formats/dataset.js';
import {
  openBatching,
  plainBatching,
  sampleOutputs,
  type Batching,
  type OutputBatching,
} from '../../batching/batching.js';
import type { ModelOutput } from '../../../onnx/evaluated-outputs.js';
import { mayVaryInSize } from '../../../onnx/varying-size.js';
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
 * an evaluated output does not begin with the samples, it is also looked for where in it they lie,
 * as the sweep does.
 */
export async function runShapes(job: ShapesJob, context: JobContext): Promise<JobResult<'shapes'>> {
  const model = loadModel(job.model, context.caches);
  const { untouched, io } = model;
  const dataset = await openJobDataset(job.source, job.preprocess, context);
  const firstRun = (batching: Batching, samples: number): Promise<Ran | null> =>
    withSession(untouched, io, context, (session) =>
      context.clock.measure('run', () => runOnce(session, batching, dataset, samples)),
    );
  const plain = plainBatching(io);
  const putFirst = async ({ outputs, run }: Ran): Promise<JobResults['shapes']['samplesFirst']> => {
    const varying = new Set(io.outputs.filter(({ name }) => mayVaryInSize(untouched, name)));
    const moved = io.outputs.filter((output) => varying.has(output) || outputs[output.name]!.dims[0] !== run.rows);
    if (moved.length === 0) return [];
    const batching = await openBatching(model, dataset, [job.source, job.preprocess], context);
    const told = moved.filter(({ name }) => isTold(batching, name, varying.size > 0));
    const found = told.length === 0 ? null : await firstRun(batching, batching.fixed ?? job.samples);
    if (found === null) return [];
    const sampled = sampleOutputs(batching, found.outputs, found.run);
    return told.map((output) => {
      const { dims } = sampled.find(({ name }) => name === output.name)!;
      const { batchAxis } = batching.outputs.get(output.name)!;
      return [output.name, varying.has(output) ? openLengths(dims, output, batchAxis) : [...dims]] as const;
    });
  };
  const ran = await firstRun(plain, job.samples);
  const rows = ran?.run.rows ?? 0;
  const shapes = Object.entries(ran?.outputs ?? {}).map(([name, { dims }]) => [name, [...dims]] as const);
  const samplesFirst = ran === null ? [] : await putFirst(ran);
  return { value: { rows, shapes, samplesFirst }, execution: { provider: '', timings: context.clock.timings } };
}

/**
 * Whether samples are found in an output. Where another one's size varies they are run one by one,
 * and so is a batch of one.
 */
function isTold({ most, fixed, outputs }: Batching, output: string, isAnyVarying: boolean): boolean {
  return fixed === 1 || (most === 1 && isAnyVarying) || outputs.get(output)!.layout !== null;
}

/** The shape of some samples of an output, its lengths null that hang on what is found in them. */
function openLengths(
  dims: readonly number[],
  { shape }: ModelOutput,
  batchAxis: OutputBatching['batchAxis'],
): readonly (number | null)[] {
  const [samples = 0, ...own] = dims;
  // What the model states of a sample; a model that states nothing has every length open.
  const stated = shape?.filter((_, axis) => axis !== batchAxis) ?? [];
  return [samples, ...own.map((length, axis) => ((stated[axis] ?? null) === null ? null : length))];
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
