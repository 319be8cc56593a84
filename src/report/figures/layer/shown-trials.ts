import type { AbsentContent, Control } from '../figure.js';
import type { LayerPageFacts, ShownTrial } from '../../facts/layer-page-facts.js';
import { shortName } from '../../facts/layer-page-facts.js';

/**
 * Chooses which of the shown trials is drawn, by the chart's parameter `trial`; no control where
 * there is one alone.
 */
export function trialControls(facts: LayerPageFacts): Control[] {
  if (facts.shown.length < 2) return [];
  return [
    {
      param: 'trial',
      label: 'trial',
      options: facts.shown.map((shown) => ({ value: shown.trial, label: optionText(shown) })),
    },
  ];
}

function optionText({ why, label }: ShownTrial): string {
  return why === 'unsmoothed' ? shortName(label) : `${why}: ${shortName(label)}`;
}

/**
 * Numbers of the shown trials as they stand in SQL; -1, which no trial has, where there is none.
 */
export function trialList({ shown }: LayerPageFacts): string {
  return shown.length === 0 ? '-1' : shown.map(({ trial }) => trial).join(', ');
}

/** The parameter that {@link trialControls} sets, at the default trial. */
export function trialParam({ shown }: LayerPageFacts) {
  return { name: 'trial', value: shown[0]?.trial ?? -1 };
}

/** A page has nothing to show of trials where none of them quantizes the layer yet. */
export const noTrial: AbsentContent = {
  kind: 'absent',
  note: 'No finished setting quantizes this layer yet: all keep it in float (layers.keepFloat, layers.exclude).',
  brief: 'no setting quantizes the layer',
};
