import type { Answer } from '../../answers/answer.js';
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
