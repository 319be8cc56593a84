import type { Answer, SweepAnswer } from '../../answers/answer.js';
import { recommendationRule } from '../../answers/recommendation.js';
import type { Sentence } from '../../answers/sentence.js';
import type { QuestionKind } from '../../questions/registry.js';
import { escapeHtml } from './escape-html.js';
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
export function recommendationHtml({ recommendation, questions: [leading] }: SweepAnswer): string {
  const lacks = leading.lacks.map(
    ({ unknown, yaml }) => `<li>Not known: ${escapeHtml(unknown)}. <code>${escapeHtml(yaml)}</code> brings it.</li>`,
  );
  const list = lacks.length === 0 ? '' : `<ul class="lacks">${lacks.join('')}</ul>`;
  if (recommendation === null) return list;
  return `<div class="recommendation"><p>${sentenceHtml(recommendation.text)}</p>
<details class="explained"><summary>How it is chosen</summary><p>${escapeHtml(recommendationRule)}</p></details></div>${list}`;
}

/** The answer to one of the other questions; empty where its trials have not finished. */
export function questionHtml({ questions }: SweepAnswer, kind: QuestionKind): string {
  const sentences = questions.find((question) => question.kind === kind)?.sentences ?? [];
  return sentencesHtml(sentences);
}

/** Sentences before the figures of a part. */
export function sentencesHtml(sentences: readonly Sentence[]): string {
  return sentences.map((one) => `<p class="answer">${sentenceHtml(one)}</p>`).join('');
}
