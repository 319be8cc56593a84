import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { DataSource } from '../../src/formats/data-source.js';
import type { PreprocessSettings } from '../../src/formats/preprocess/preprocess-settings.js';
import type { JobResults } from '../../src/engine/jobs/jobs.js';
import type { TrialJob } from '../../src/engine/jobs/trial/trial-job.js';
import { runJob } from '../../src/engine/jobs/run-job.js';
import { jobModel, observeJob, oneThread } from '../engine/small-experiment.js';
import { everyLayer, plainQuantization } from '../quantize/preparations.js';

interface ReferenceLayer {
  readonly node: string;
  readonly input_amax: number;
  readonly weight_amax: number;
  readonly l1: number;
}

interface ReferenceTrial {
  readonly calibration_samples: number;
  readonly alpha_mode: string;
  readonly alpha: number | null;
  readonly layers: Readonly<Record<string, ReferenceLayer>>;
}

const shared = (path: string): string => fileURLToPath(new URL(`../../../shared/${path}`, import.meta.url));
const paths = {
  reference: shared('reference/cifar10-resnet20.json'),
  model: shared('models/cifar10-resnet20.onnx'),
  calibration: shared('data/cifar10/data_batch_1.bin'),
  evaluation: shared('data/cifar10/test_batch.bin'),
};
const missing = Object.values(paths).filter((path) => !existsSync(path));
if (missing.length > 0)
  console.log(`Skipped: the independent reference of ResNet-20 is not here (${missing.join(', ')}).`);

const preprocess: PreprocessSettings = {
  layout: 'channelsFirst',
  channelOrder: 'keep',
  divideBy: 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};
const calibration: DataSource = { format: 'cifar10', path: paths.calibration };
const evaluation: DataSource = { format: 'cifar10', path: paths.evaluation };
const LOSS_SAMPLES = 512;

/** W8A8, weights per channel, the convolutions only, calibrated on 800 records. */
async function runTrial(alpha: number | null): Promise<JobResults['trial']> {
  const model = jobModel(paths.model);
  const observing = observeJob(model, calibration, {
    preprocess,
    batchSize: 40,
    endBatch: 20,
    snapshots: [],
    methods: ['channel'],
  });
  const observed = await runJob(observing, oneThread, () => undefined);
  const [observation] = observed.value as JobResults['observe'];
  const job: TrialJob = {
    kind: 'trial',
    model,
    settings: {
      role: alpha === null ? 'unsmoothed' : 'candidate',
      model,
      evaluation: { source: evaluation, batchSize: 64, samples: LOSS_SAMPLES },
      preprocess,
      task: { kind: 'classification' },
      calibration: { source: calibration, batchSize: 40, batches: 20, sampleSeed: null },
      layers: everyLayer('Conv'),
      quantization: plainQuantization(8),
      smoothing: {
        mode: alpha === null ? 'none' : 'static',
        alpha,
        absmax: alpha === null ? null : 'channel',
        apply: alpha === null ? null : 'insert',
      },
      search: null,
      loss: { samples: LOSS_SAMPLES, modes: ['accumulated'] },
      gate: { samples: 8, tolerance: 1e-3 },
    },
    observation: observation!,
    moments: null,
    alphas: null,
    keptFloat: [],
    referenceArgmax: null,
    stop: null,
  };
  return (await runJob(job, oneThread, () => undefined)).value as JobResults['trial'];
}

describe.skipIf(missing.length > 0)('ResNet-20 on CIFAR-10 against an independent PyTorch implementation', () => {
  it.each([
    ['unsmoothed', null],
    ['static', 0.5],
  ])('%s, alpha %s: amax within 1e-4 and layer L1 within 2 percent', async (mode, alpha) => {
    const { trials } = JSON.parse(readFileSync(paths.reference, 'utf8')) as {
      readonly trials: readonly ReferenceTrial[];
    };
    const expected = trials.find((t) => t.calibration_samples === 800 && t.alpha_mode === mode && t.alpha === alpha)!;
    const { quantizers, losses } = await runTrial(alpha);
    const layers = Object.values(expected.layers);
    expect(layers).toHaveLength(19);
    expect(losses).toHaveLength(19);
    for (const layer of layers) {
      const off = (actual: number, wanted: number): number => Math.abs(actual / wanted - 1);
      const amax = (role: 'input' | 'weight'): number =>
        quantizers.find((q) => q.layer === layer.node && q.role === role)!.amax;
      const loss = losses.find((l) => l.layer === layer.node && l.mode === 'accumulated')!;
      expect(off(amax('input'), layer.input_amax), `input amax of ${layer.node}`).toBeLessThan(1e-4);
      expect(off(amax('weight'), layer.weight_amax), `weight amax of ${layer.node}`).toBeLessThan(1e-4);
      expect(off(loss.l1, layer.l1), `l1 of ${layer.node}`).toBeLessThan(0.02);
    }
  });
});
