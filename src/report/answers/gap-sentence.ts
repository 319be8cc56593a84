import type { DeploymentFacts } from '../facts/deployment-facts.js';
import type { SweepFacts } from '../facts/sweep-facts.js';
import { countText, differenceText, shareText } from '../number-text.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';

/** How far exported models are from their simulations; null where none was compared. */
export function gapSentence(facts: SweepFacts, { trials }: DeploymentFacts): Sentence | null {
  const compared = facts.allTrials.flatMap((trial) => {
    const deployed = trials.get(trial.trial);
    return deployed === undefined || deployed.differingShare === null ? [] : [{ trial, deployed }];
  });
  if (compared.length === 0) return null;
  const models = countText(compared.length, 'exported model');
  const exact = compared.filter(({ deployed }) => deployed.differingShare === 0).length;
  const most = compared.reduce((a, b) => (b.deployed.differingShare! > a.deployed.differingShare! ? b : a));
  const values =
    exact === compared.length
      ? [
          strong('Deployed is simulated'),
          `: ${compared.length === 1 ? 'the exported model' : `all ${models}`} gave the outputs of the simulation bit for bit.`,
        ]
      : [
          `${exact} of ${models} gave the outputs of the simulation bit for bit. `,
          `Most differ in ${most.trial.label}: ${shareText(most.deployed.differingShare!)} of the output values.`,
        ];
  const gaps = compared.filter(({ deployed }) => deployed.gap !== null);
  const widest = gaps.reduce<(typeof gaps)[number] | null>(
    (a, b) => (a === null || Math.abs(b.deployed.gap!) > Math.abs(a.deployed.gap!) ? b : a),
    null,
  );
  const name = facts.metric.name;
  const gap =
    widest === null
      ? ''
      : widest.deployed.gap === 0
        ? ` Their ${name} is the simulated one.`
        : ` The largest gap in ${name} is ${differenceText(widest.deployed.gap, facts.metric)} (${widest.trial.label}).`;
  return sentence(...values, gap);
}
