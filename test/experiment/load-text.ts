import { ExperimentError } from '../../src/experiment/experiment-error.js';
import { loadExperiment } from '../../src/experiment/load-experiment.js';
import type { Experiment } from '../../src/experiment/sections/settings.js';

/** Loads an experiment from text as if it were `/exp/a.yaml`. */
export function loadText(text: string, overrides: readonly string[] = []): Experiment {
  return loadExperiment('/exp/a.yaml', overrides, () => text);
}

/** The lines of the error that loading gives, without `/exp/`; empty where it loads. */
export function problemsOf(text: string, overrides: readonly string[] = []): readonly string[] {
  try {
    loadText(text, overrides);
    return [];
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error;
    return error.message.split('\n').map((line) => line.replaceAll('/exp/', ''));
  }
}

/** Lines 1 to 5 of the experiments below: what every file needs, one section a line. */
export const base = `model: { path: m.onnx }
data:
  calibration: { format: cifar10, path: c.bin }
  evaluation: { format: cifar10, path: e.bin }
task: classification
`;

/** A complete experiment: {@link base}, then further lines from line 6 on. */
export function withBase(lines: string): string {
  return base + lines;
}
