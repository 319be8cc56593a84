import type { CalibratorName } from '../src/calibrate/calibrators/registry.js';
import type { Experiment } from '../src/experiment/sections/settings.js';
import { loadExperiment } from '../src/experiment/load-experiment.js';
import { expandSensitivity } from '../src/plan/expand-sensitivity.js';
import { planSweep } from '../src/plan/plan-sweep.js';
import type { SweepPlan } from '../src/plan/plan.js';

/**
 * The shape of a synthetic sweep: a main grid, and in blocks of their own integer execution, seeds
 * and sensitivity.
 */
export interface SyntheticGrid {
  readonly name: string;
  /**
   * Static alphas, evenly spread over 0.05 .. 0.95; one dynamic trial is beside each set of them.
   */
  readonly alphas: number;
  readonly sizes: readonly number[];
  readonly absmax: readonly ('channel' | 'view')[];
  readonly weightBits: readonly number[];
  readonly granularities: readonly ('channel' | 'tensor')[];
  readonly activationBits: readonly number[];
  readonly calibrators: readonly CalibratorName[];
  readonly keepFloat: readonly number[];
  /**
   * Seeds of calibration samples, each with every alpha and calibrator and all weight bits; empty
   * for none.
   */
  readonly seeds: readonly number[];
  readonly integer: boolean;
  readonly sensitivity: boolean;
  readonly layers: number;
  readonly channels: number;
  readonly evaluationSamples: number;
}

/**
 * 5,045 trials of 50 layers: every figure of the report has something to draw, most of them far too
 * much.
 */
export const largeGrid: SyntheticGrid = {
  name: 'large',
  alphas: 19,
  sizes: [200, 1500],
  absmax: ['channel', 'view'],
  weightBits: [8, 4],
  granularities: ['channel', 'tensor'],
  activationBits: [8, 4],
  calibrators: ['max', 'percentile', 'mse'],
  keepFloat: [0, 5],
  seeds: [1, 2, 3, 4, 5],
  integer: true,
  sensitivity: true,
  layers: 50,
  channels: 64,
  evaluationSamples: 10_000,
};

/**
 * 43 trials of 50 layers: fp32, unsmoothed, 19 static alphas and dynamic at two calibration sizes.
 */
export const plainGrid: SyntheticGrid = {
  ...largeGrid,
  name: 'plain',
  absmax: ['channel'],
  weightBits: [8],
  granularities: ['channel'],
  activationBits: [8],
  calibrators: ['max'],
  keepFloat: [0],
  seeds: [],
  integer: false,
  sensitivity: false,
};

/** Names of the layers, in graph order. */
export function layerNames({ layers }: SyntheticGrid): string[] {
  return Array.from({ length: layers }, (_, index) => {
    const stage = 1 + Math.floor((4 * index) / layers);
    return `/layer${stage}/layer${stage}.${Math.floor(index / 2)}/conv${1 + (index % 2)}/Conv`;
  });
}

/** A grid as an experiment, read from YAML as users write it, and its plan. */
export function planSynthetic(grid: SyntheticGrid): { readonly experiment: Experiment; readonly plan: SweepPlan } {
  const file = loadExperiment(`/synthetic/${grid.name}.yaml`, [], () => experimentYaml(grid));
  const experiment = expandSensitivity(file, () => layerNames(grid));
  const plan = planSweep(experiment, {
    modelSha256: () => modelSha256(grid),
    dataSha256: () => 'data',
    taskSha256: () => null,
    numericsVersion: 'synthetic',
    onnxruntimeVersion: 'synthetic',
    provider: 'cpu',
    optimizationLevel: 'all',
  });
  return { experiment, plan };
}

/** Identity of the grid's model. */
export function modelSha256({ name }: SyntheticGrid): string {
  return `model of ${name}`;
}

function experimentYaml(grid: SyntheticGrid): string {
  const { alphas, calibrators, seeds, weightBits } = grid;
  const alpha = Array.from({ length: alphas }, (_, index) =>
    Number((0.05 + (0.9 * index) / Math.max(1, alphas - 1)).toFixed(2)),
  );
  const others = `
    data.calibration.batches: ${JSON.stringify(grid.sizes)}
    smoothing.absmax: ${JSON.stringify(grid.absmax)}
    quantization.weight.bits: ${JSON.stringify(weightBits)}
    quantization.weight.granularity: ${JSON.stringify(grid.granularities)}
    quantization.activation.bits: ${JSON.stringify(grid.activationBits)}
    quantization.activation.calibrator: ${JSON.stringify(calibrators)}`;
  const blocks = [
    `smoothing.alpha: ${JSON.stringify(alpha)}${others}
    layers.keepFloat: ${JSON.stringify(grid.keepFloat)}`,
    `smoothing.mode: [dynamic]${others}`,
    ...(grid.integer
      ? [
          `smoothing.alpha: ${JSON.stringify(alpha)}
    quantization.execution: [integer]${others.split('\n    smoothing.absmax')[0]!}
    quantization.weight.bits: ${JSON.stringify(weightBits)}
    quantization.weight.granularity: ${JSON.stringify(grid.granularities)}
    quantization.activation.calibrator: ${JSON.stringify(calibrators)}`,
        ]
      : []),
    ...(seeds.length === 0
      ? []
      : [
          `smoothing.alpha: ${JSON.stringify(alpha)}
    data.calibration.sampleSeed: ${JSON.stringify(seeds)}
    quantization.weight.bits: ${JSON.stringify(weightBits)}
    quantization.activation.calibrator: ${JSON.stringify(calibrators)}`,
        ]),
    ...(grid.sensitivity ? ['layers.sensitivity: [only, allBut]'] : []),
  ];
  return `version: 1
name: ${grid.name}
question: Which of many settings keeps the most accuracy?
model: { path: model.onnx }
data:
  calibration: { format: npy, path: calibration.npy, batchSize: 4, batches: ${grid.sizes[0]!} }
  evaluation: { format: npy, path: evaluation.npy, labels: labels.npy, samples: ${grid.evaluationSamples} }
  preprocess: { divideBy: 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }
task: classification
loss: { samples: ${Math.min(512, grid.evaluationSamples)}, modes: [accumulated, isolated] }
baselines: [fp32, unsmoothed]
grid:
${blocks.map((block) => `  - ${block}`).join('\n')}
`;
}
