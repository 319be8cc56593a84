import type { Figure } from '../figure.js';
import { damageContent, damageSql } from '../layer-damage.js';
import type { SweepFacts, TrialFacts } from '../../facts/sweep-facts.js';
import { chooseBest, comparedWith } from '../../facts/sweep-facts.js';
import { shortName } from '../../facts/layer-page-facts.js';

/** Trials to choose among. */
const mostTrials = 8;

/** Whether layers lose by their weight or by their input. */
export const layerDamage: Figure = {
  id: 'layer-damage',
  section: 'layers',
  title: () => 'Weight or input: where each layer loses',
  sql: (facts) =>
    damageSql(
      facts.sweep.name,
      shownTrials(facts).map(({ trial }) => trial.trial),
    ),
  build: (rows, facts) =>
    damageContent(
      rows,
      shownTrials(facts).map(({ trial, why }) => ({ trial: trial.trial, name: `${why}${shortName(trial.label)}` })),
    ),
};

/** The best, its unsmoothed counterpart, and the best of each variant of other settings. */
function shownTrials(facts: SweepFacts): readonly { readonly trial: TrialFacts; readonly why: string }[] {
  const { trials, variants, best } = facts;
  const plain = comparedWith(facts, best, 'unsmoothed')?.otherTrial;
  const ofVariants = variants.flatMap((variant) => {
    const first = chooseBest(trials.filter(({ trial }) => variant.trials.has(trial)));
    return first === null ? [] : [first];
  });
  const chosen = [
    ...(best === null ? [] : [{ trial: best, why: 'best: ' }]),
    ...trials.filter(({ trial }) => trial === plain).map((trial) => ({ trial, why: '' })),
    ...ofVariants.filter(({ trial }) => trial !== best?.trial).map((trial) => ({ trial, why: '' })),
  ];
  return chosen.slice(0, mostTrials);
}
