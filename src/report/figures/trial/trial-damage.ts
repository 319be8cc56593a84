import type { PageFigure } from '../figure.js';
import { damageContent, damageSql } from '../layer-damage.js';
import type { TrialPageFacts } from '../../facts/trial-page-facts.js';

/** Whether the trial's layers lose by their weight or by their input. */
export const trialDamage: PageFigure<TrialPageFacts> = {
  id: 'layer-damage',
  section: 'layers',
  title: () => 'Weight or input: where each layer loses',
  sql: ({ sweep, trial }) => damageSql(sweep.sweep.name, [trial.trial]),
  build: (rows, { trial }) =>
    trial.role === 'fp32'
      ? { kind: 'absent', note: 'Losses are measured against this trial, so it has none.' }
      : damageContent(rows, [{ trial: trial.trial, name: trial.label }]),
};
