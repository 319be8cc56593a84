import type { Answer, SweepAnswer } from '../../answers/answer.js';
import { goalRule } from '../../answers/goal-sentence.js';
import { recommendationRule } from '../../answers/recommendation.js';
import { sentenceText, type Sentence } from '../../answers/sentence.js';
import type { PageLinks } from '../../addresses/page-links.js';
import { bringsText } from '../../questions/question.js';
import type { QuestionKind } from '../../questions/registry.js';
import { escapeHtml } from './escape-html.js';
import { linked } from './linked.js';
import { sentenceHtml } from './sentence-html.js';

/**
 * An answer as HTML: warning, headline, findings.
 *
 * @param head what kind of warning it is
 */
export function answerHtml({ warning, headline, findings }: Answer, head = 'Incomplete'): string {
  return `${warning === null ? '' : `<p class="warning" role="status"><strong>${escapeHtml(head)}.</strong> ${escapeHtml(warning)}</p>`}
<p class="headline">${sentenceHtml(headline)}</p>
<ul class="findings">${findings.map((finding) => `<li>${sentenceHtml(finding)}</li>`).join('')}</ul>`;
}

/** What to take, with the rule behind it; empty without a recommendation. */
export function recommendationHtml(
  { headline, recommendation, onTargets, ties, questions: [leading] }: SweepAnswer,
  links: Pick<PageLinks, 'trial'>,
  hasGoal = false,
): string {
  const lacks = leading.lacks.map(
    (lack) =>
      `<li>Not known: ${escapeHtml(lack.unknown)}. <code>${escapeHtml(lack.yaml)}</code> ${escapeHtml(bringsText(lack))}.</li>`,
  );
  const list = lacks.length === 0 ? '' : `<ul class="lacks">${lacks.join('')}</ul>`;
  if (onTargets.length > 0) return `${onTargetsHtml(onTargets, hasGoal, sentenceText(headline), links)}${list}`;
  if (recommendation === null) return list;
  const { trial, label } = recommendation.trial;
  return `<div class="recommendation"><p>${sentenceHtml(recommendation.text)}</p><p class="named">Trial ${trial}: ${linked(escapeHtml(label), links.trial(trial))}</p>
<details class="explained"><summary>How it is chosen</summary>${ties === null ? '' : `<p>${sentenceHtml(ties)}</p>`}<p>${escapeHtml(recommendationRule)}</p></details></div>${list}`;
}

/**
 * What to take on each target, with the rule behind it.
 *
 * @param said the headline, which is not said again
 */
function onTargetsHtml(
  onTargets: SweepAnswer['onTargets'],
  hasGoal: boolean,
  said: string,
  links: Pick<PageLinks, 'trial'>,
): string {
  const items = onTargets
    .filter(({ text }) => sentenceText(text) !== said)
    .map(
      ({ trial, text }) =>
        `<p class="on-target">${sentenceHtml(text)}</p>${trial === null ? '' : `<p class="named">Trial ${trial.trial}: ${linked(escapeHtml(trial.label), links.trial(trial.trial))}</p>`}`,
    );
  return `<div class="recommendation">${items.join('')}
<details class="explained"><summary>How it is chosen</summary><p>${escapeHtml(hasGoal ? goalRule : recommendationRule)}</p></details></div>`;
}

/**
 * The answer to one of the other questions; empty where its trials have not finished.
 *
 * @param said what the page has said before, which is not said again
 */
export function questionHtml({ questions }: SweepAnswer, kind: QuestionKind, said: readonly Sentence[]): string {
  const sentences = questions.find((question) => question.kind === kind)?.sentences ?? [];
  const known = new Set(said.map(sentenceText));
  return sentencesHtml(sentences.filter((one) => !known.has(sentenceText(one))));
}

/** Sentences before the figures of a part. */
export function sentencesHtml(sentences: readonly Sentence[]): string {
  return sentences.map((one) => `<p class="answer">${sentenceHtml(one)}</p>`).join('');
}
