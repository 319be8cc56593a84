import { sceneFiles } from '../experiments/demo/scene-files.js';

/**
 * A sweep that passes through every stage: observe, reference, rank, search in two orders, and
 * seven trials.
 *
 * Every stage runs 4 samples at once: memory that runs short twice at one of them halves that to 1
 * and ends there.
 *
 * @param hangSeconds silence after which a child is taken to hang; a machine under load makes a
 *   healthy one silent for seconds
 */
export const faultExperiment = (hangSeconds: number): string => `version: 1
name: faults
model:
  path: model.onnx
data:
  calibration: { ${sceneFiles(2, 24)}, batchSize: 4, batches: 4 }
  evaluation: { ${sceneFiles(3, 8)}, batchSize: 4 }
task: { kind: centerDetection, bootstrap: 20 }
loss: { samples: 4, modes: [accumulated] }
gate: { samples: 2 }
search: { candidates: [0.25, 0.75], samples: 4 }
grid:
  - smoothing.alpha: [0.4, 0.6]
    data.calibration.batches: [4, 6]
  - smoothing.mode: dynamic
    quantization.activation.calibrator: percentile
  - layers.keepFloat: 1
    smoothing.alpha: 0.5
run: { provider: cpu, slots: 2, threads: 1, hangSeconds: ${hangSeconds} }
`;
