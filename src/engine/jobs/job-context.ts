import type { Dataset } from '../../formats/dataset.js';
import { openDataset } from '../../formats/open-dataset.js';
import { permutedDataset } from '../../formats/permuted-dataset.js';
import { readAhead } from '../../formats/read-ahead.js';
import type { ExecutionRecord } from '../../records/execution-record.js';
import { formatOf, type DataSource } from '../../formats/data-source.js';
import type { PreprocessSettings } from '../../formats/preprocess/preprocess-settings.js';
import { encodeModel, type OnnxModel } from '../../onnx/onnx-model.js';
import { checkSampleShape, fixedBatchSize, type ModelIo } from '../../onnx/model-io.js';
import { elementCount } from '../../onnx/tensor.js';
import type { InputIdentity } from '../../formats/input-identity.js';
import { asProviderRuns } from '../session/as-provider-runs.js';
import { checkFallback } from '../session/check-fallback.js';
import { feedReader } from '../batching/feeds.js';
import type { KernelProfile } from '../session/kernel-profile.js';
import { profileKernels, Session, type SessionSettings } from '../session/session.js';

/** What a job may use besides its own description. */
export interface JobContext {
  readonly session: SessionSettings;
  readonly report: (done: number, total: number) => void;
  readonly clock: PhaseClock;
  /** Samples of one run at most, after an attempt ran out of memory; null: as many as the settings say. */
  readonly batchLimit: number | null;
  /** Samples of one run, where there are so many runs that it pays to measure how this machine runs the graph fastest. */
  readonly longPass?: number | null;
  /** What the sweep was planned with; the job is refused once one of them has changed. */
  readonly inputs: readonly InputIdentity[];
}

/** Samples of one run: as wanted, or fewer where memory was short. Changes no result. */
export function batchWithin(wanted: number, { batchLimit }: Pick<JobContext, 'batchLimit'>): number {
  return batchLimit === null ? wanted : Math.min(wanted, batchLimit);
}

/**
 * The context in which the runtime may fuse QuantizeLinear and DequantizeLinear into integer kernels, as it does by default: for
 * the model of a trial of `execution: integer` alone. Such a session also quantizes float weights and rounds biases of a model
 * that brings Q/DQ of its own, so that FP32 would not be FP32 in it.
 */
export function fusing(context: JobContext): JobContext {
  return { ...context, session: { ...context.session, fuseQuantized: true } };
}

/** Adds up the time of named phases, in milliseconds. */
export class PhaseClock {
  readonly timings: Record<string, number> = {};

  async measure<T>(phase: string, work: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.timings[phase] = (this.timings[phase] ?? 0) + performance.now() - start;
    }
  }
}

/** Runs `work` with a session on the model and releases it, whatever happens. */
export async function withSession<T>(
  model: OnnxModel,
  io: ModelIo,
  { session: settings, clock, longPass = null }: JobContext,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await clock.measure('session', async () => {
    const runnable = await asProviderRuns(model, io, settings, longPass);
    return Session.create(encodeModel(runnable.model), io.input, runnable.settings);
  });
  try {
    return await work(session);
  } finally {
    await session.release();
  }
}

let open: { readonly key: string; readonly dataset: Dataset } | null = null;

/**
 * Opens a job's samples; the last ones stay open, as most jobs of a child read the same. On a device the next batch is
 * read while it works; on the CPU, whose cores the children fill, that would gain nothing.
 *
 * @param sampleSeed of the order of calibration samples; null: as they lie
 */
export async function openJobDataset(
  source: DataSource,
  preprocess: PreprocessSettings,
  { session }: Pick<JobContext, 'session'>,
  sampleSeed: number | null = null,
): Promise<Dataset> {
  const key = JSON.stringify([source, preprocess, sampleSeed]);
  if (open?.key === key) return open.dataset;
  open?.dataset.close();
  open = null;
  const opened = await openDataset(source, preprocess);
  const ordered = sampleSeed === null ? opened : permutedDataset(opened, sampleSeed);
  // Code of the user's own is run once, in the thread that it expects.
  const isAhead = session.provider !== 'cpu' && formatOf(source).code(source) === null;
  const dataset = isAhead ? readAhead(ordered, { source, preprocess, sampleSeed }, readingThread) : ordered;
  open = { key, dataset };
  return dataset;
}

/** Compiled beside this file's folder. */
const readingThread = new URL('../../formats/read-ahead-thread.js', import.meta.url);

/** What ran a graph, as it is recorded. */
export type Ran = Pick<ExecutionRecord, 'provider' | 'kernels'>;

const ran = new Map<string, Ran>();

/**
 * What runs this kind of graph of this model, see {@link observedKernels}; asked once per child, kind and model. To be
 * asked before a long pass, which a fall-back to the CPU would make much longer.
 *
 * @param modelKey sha256 of the model, with whatever else makes graphs of one kind differ in their operators
 * @param graph made only where it was not asked before
 * @throws FallbackError
 */
export async function observedExecution(
  kind: string,
  modelKey: string,
  graph: () => OnnxModel | Promise<OnnxModel>,
  io: ModelIo,
  dataset: Dataset,
  context: JobContext,
): Promise<Ran> {
  const id = `${kind}\n${modelKey}`;
  const known = ran.get(id);
  if (known !== undefined) return known;
  const { provider, kernels } = await observedKernels(await graph(), io, dataset, context);
  ran.set(id, { provider, kernels });
  return { provider, kernels };
}

/**
 * What runs this model, by a profiled run of one sample.
 *
 * @throws FallbackError where it ran on the CPU though it should not
 */
export async function observedKernels(
  model: OnnxModel,
  io: ModelIo,
  dataset: Dataset,
  { session, clock, longPass = null }: JobContext,
): Promise<KernelProfile> {
  checkSampleShape(io, dataset.sampleShape);
  const rows = fixedBatchSize(io) ?? 1;
  const sample = new Float32Array(elementCount(dataset.sampleShape));
  await dataset.read(0, 1, sample);
  const data = new Float32Array(rows * sample.length);
  for (let row = 0; row < rows; row++) data.set(sample, row * sample.length);
  const batch = { data, dims: [rows, ...dataset.sampleShape] };
  const further = feedReader(io, dataset)(0, 1, rows);
  const profile = await clock.measure('profile', async () => {
    const runnable = await asProviderRuns(model, io, session, longPass);
    return profileKernels(encodeModel(runnable.model), io.input, batch, runnable.settings, further);
  });
  if (session.allowFallback !== true) checkFallback(profile.kernels, session.provider);
  return profile;
}
