import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelBytes, type ModelSpec } from '../onnx/build-model.js';

/** What of an experiment a test chooses. */
export interface SweepChoice {
  /** The file is called so, and the sweep after it. */
  readonly name?: string;
  readonly samples?: number;
  /** YAML of the sections as flow mappings or words. */
  readonly model?: string;
  readonly task?: string;
  readonly calibration?: string;
  readonly evaluation?: string;
  readonly layers?: string;
  readonly grid?: string;
  readonly more?: string;
}

/**
 * Writes `model.onnx` and `<name>.yaml` of a sweep of few trials on random samples of the shape
 * into a folder.
 *
 * @param shape of one sample, e.g. `[3, 6, 6]`
 */
export function writeSweep(
  folder: string,
  model: ModelSpec | Uint8Array,
  shape: readonly number[],
  choice: SweepChoice = {},
): string {
  const { name = 'sweep', samples = 4, task = 'fidelity' } = choice;
  writeFileSync(join(folder, 'model.onnx'), model instanceof Uint8Array ? model : modelBytes(model));
  const random = (seed: number): string =>
    `format: synthetic, shape: [${shape.join(', ')}], seed: ${seed}, count: ${samples}`;
  const yaml = `version: 1
model: ${choice.model ?? '{ path: model.onnx }'}
data:
  calibration: { ${choice.calibration ?? random(1)}, batchSize: 1, batches: 2 }
  evaluation: { ${choice.evaluation ?? random(2)}, batchSize: 2 }
task: ${task}
layers: ${choice.layers ?? '{ ops: [Conv, Gemm, MatMul] }'}
loss: { samples: 2 }
gate: { samples: 2 }
grid: ${choice.grid ?? '[{ smoothing.alpha: 0.5 }]'}
run: { provider: cpu, slots: 1, threads: 1, database: q.db }
${choice.more ?? ''}`;
  writeFileSync(join(folder, `${name}.yaml`), yaml);
  return `${name}.yaml`;
}
