import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { CanonicalSmoothing } from '../../src/smooth/smoothing-settings.js';
import type { DataSource } from '../../src/formats/data-source.js';
import type { PreprocessSettings } from '../../src/formats/preprocess/preprocess-settings.js';
import type { ObservationRecord } from '../../src/records/observation-record.js';
import type { JobModel } from '../../src/engine/jobs/job-model.js';
import type { ObserveJob } from '../../src/engine/jobs/observe/observe-job.js';
import type { TrialJob } from '../../src/engine/jobs/trial/trial-job.js';
import type { SessionSettings } from '../../src/engine/session/session.js';
import { npyArray } from '../formats/write-files.js';
import { modelBytes } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { everyLayer, plainQuantization } from '../quantize/preparations.js';
import { smallNetwork } from './small-network.js';

export { smallNetwork } from './small-network.js';

export const SAMPLES = 21;
export const oneThread: SessionSettings = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: 'all' };

export const asStored: PreprocessSettings = {
  layout: 'channelsFirst',
  channelOrder: 'keep',
  divideBy: 1,
  mean: null,
  std: null,
};

/**
 * A folder that is removed after the file's tests; returns a writer into it that gives the path.
 */
export function temporaryFiles(): (name: string, content: Uint8Array | string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-runtime-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return (name, content) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
}

export function jobModel(path: string): JobModel {
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  return { path, input: null, output: null, sha256 };
}

/** Labelled random samples whose channels differ in range. */
export function writeSamples(write: (name: string, content: Uint8Array) => string): DataSource {
  const data = randomFloats(7, SAMPLES * 108, (i) => [1, 5, 0.2][Math.floor(i / 36) % 3]!);
  const labels = Int32Array.from({ length: SAMPLES }, (_, i) => (i * 7) % 10);
  return {
    format: 'npy',
    path: write('samples.npy', npyArray('<f4', [SAMPLES, 3, 6, 6], data)),
    labels: write('labels.npy', npyArray('<i4', [SAMPLES], labels)),
    groundTruth: null,
  };
}

export function observeJob(model: JobModel, source: DataSource, more: Partial<ObserveJob> = {}): ObserveJob {
  return {
    kind: 'observe',
    model,
    preprocess: asStored,
    source,
    sampleSeed: null,
    batchSize: 3,
    firstBatch: 0,
    endBatch: 5,
    snapshots: [1, 2],
    methods: ['channel', 'view'],
    histograms: null,
    displaySamples: 0,
    ...more,
  };
}

export interface TrialChanges {
  readonly batchSize?: number;
  readonly alpha?: number | null;
  readonly alphas?: ReadonlyMap<string, number>;
  readonly tolerance?: number;
  readonly lossSamples?: number;
  readonly smoothing?: CanonicalSmoothing;
  /** Samples of empirical bias correction; none unless given. */
  readonly correctionSamples?: number;
}

/** A W4A4 trial over all samples. */
export function trialJob(
  model: JobModel,
  source: DataSource,
  observation: ObservationRecord,
  {
    batchSize = 8,
    alpha = 0.5,
    alphas,
    tolerance = 1e-3,
    lossSamples = 10,
    smoothing,
    correctionSamples,
  }: TrialChanges = {},
): TrialJob {
  const mode = alphas !== undefined ? 'dynamic' : alpha === null ? 'none' : 'static';
  return {
    kind: 'trial',
    model,
    settings: {
      role: 'candidate',
      model,
      evaluation: { source, batchSize, samples: 'all' },
      preprocess: asStored,
      task: { kind: 'classification' },
      calibration: { source, batchSize: 3, batches: 5, sampleSeed: null },
      layers: everyLayer('Conv', 'Gemm'),
      quantization: {
        ...plainQuantization(4),
        biasCorrection:
          correctionSamples === undefined
            ? { method: 'none', samples: 0 }
            : { method: 'empirical', samples: correctionSamples },
      },
      smoothing: smoothing ?? {
        mode,
        alpha: mode === 'static' ? alpha : null,
        absmax: mode === 'none' ? null : 'channel',
        apply: mode === 'none' ? null : 'insert',
      },
      search: null,
      loss: { samples: lossSamples, modes: ['accumulated', 'isolated'] },
      gate: { samples: 5, tolerance },
    },
    observation,
    moments: null,
    alphas: alphas ?? null,
    keptFloat: [],
    referenceArgmax: new Int32Array(SAMPLES),
    stop: null,
  };
}

export function writeModel(write: (name: string, content: Uint8Array) => string, batch: number | string): JobModel {
  return jobModel(write(`batch-${batch}.onnx`, modelBytes(smallNetwork(batch))));
}
