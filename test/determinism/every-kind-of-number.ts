import { fileURLToPath } from 'node:url';

/** The dataset module of the demo, with what it imports beside it. */
export const demoScenes = fileURLToPath(new URL('../../experiments/demo/scenes/', import.meta.url));

/**
 * Every stage and every kind of number: all searches and calibrators, a ranking, second moments,
 * corrected biases, integer kernels.
 */
export const everyKindOfNumber = (model: string, scenes: string): string => `version: 1
name: determinism
model: { path: ${JSON.stringify(model)} }
data:
  calibration: { format: module, path: ${JSON.stringify(scenes)}, options: { seed: 2, scenes: 8 }, batchSize: 2, batches: 4 }
  evaluation: { format: module, path: ${JSON.stringify(scenes)}, options: { seed: 3, scenes: 8 }, batchSize: 4 }
task: { kind: centerDetection, bootstrap: 20 }
loss: { samples: 8, modes: [accumulated, isolated] }
gate: { samples: 4 }
search: { candidates: [0.25, 0.75], samples: 4 }
grid:
  - smoothing.mode: dynamic
    search.order: [isolated, sequential, output]
    quantization.activation.calibrator: percentile
  - smoothing.alpha: auto
    data.calibration.sampleSeed: 5
    quantization.activation.calibrator: [entropy, mse]
  - layers.keepFloat: 1
    smoothing.alpha: 0.5
    data.calibration.sampleSeed: 7
    quantization.biasCorrection.method: empirical
  - smoothing.alpha: 0.5
    quantization.execution: integer
  - smoothing.alpha: 0.5
    quantization.weight.bits: 3
    quantization.weight.rounding: gptq-descent
    quantization.rounding.samples: [3, 8]
run: { provider: cpu, slots: 2, threads: 1 }
`;
