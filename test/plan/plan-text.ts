import { planSweep } from '../../src/plan/plan-sweep.js';
import type { PlanContext, SweepPlan } from '../../src/plan/plan.js';
import { loadText, withBase } from '../experiment/load-text.js';

/** Content by file name without its folder, so that a moved file is the same content. */
export const context: PlanContext = {
  modelSha256: (path) => `model ${path.replace(/.*\//, '')}`,
  dataSha256: (source) => `data ${'path' in source ? source.path.replace(/.*\//, '') : source.seed}`,
  taskSha256: (task) => ('path' in task ? `code ${task.path.replace(/.*\//, '')}` : null),
  numericsVersion: '1',
  onnxruntimeVersion: '1.30.0',
  provider: 'cpu',
  optimizationLevel: 'all',
};

/** The plan of a whole experiment text. */
export function planText(text: string, changes: Partial<PlanContext> = {}): SweepPlan {
  return planSweep(loadText(text), { ...context, ...changes });
}

/** The plan of an experiment with these lines after the base that every test shares. */
export function planWithBase(lines: string, changes: Partial<PlanContext> = {}): SweepPlan {
  return planText(withBase(lines), changes);
}

export const mainGrid = `grid:
  - smoothing.alpha: { from: 0.05, to: 0.95, step: 0.05 }
    data.calibration.batches: [200, 1500]
  - smoothing.mode: dynamic
    data.calibration.batches: [200, 1500]
`;
