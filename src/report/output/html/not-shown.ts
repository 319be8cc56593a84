import type { AbsentContent } from '../../figures/figure.js';
import type { FigureData } from '../../figures/figure-data.js';
import { embeddedFigure } from './embedded-figure.js';
import { escapeHtml } from './escape-html.js';
import { sqlDisclosure } from './sql-disclosure.js';

/** A figure that has nothing to show. */
export interface AbsentFigure extends Pick<FigureData, 'id' | 'title' | 'name' | 'sql' | 'result'> {
  readonly content: AbsentContent;
}

/**
 * The line that closes a page: what is not shown, with what brings it in brackets. Opened, it says
 * so in whole sentences, each with its SQL. Empty where every figure shows something.
 */
export function notShownHtml(figures: readonly AbsentFigure[]): string {
  if (figures.length === 0) return '';
  return `<details class="not-shown" id="not-shown"><summary>Not shown: ${briefly(figures).map(escapeHtml).join('; ')}.</summary>
${figures.map(absentHtml).join('\n')}
</details>`;
}

/** One figure's line. */
export function absentHtml({ id, title, sql, result, content }: AbsentFigure): string {
  return `<div class="absent" id="${id}"><b>${escapeHtml(title)}.</b> ${escapeHtml(content.note)} ${sqlDisclosure(sql)}${embeddedFigure(id, result, [])}</div>`;
}

/** `chosen alpha, search curves (smoothing.mode: dynamic)`: what one setting brings, together. */
function briefly(figures: readonly AbsentFigure[]): string[] {
  const names = new Map<string, string[]>();
  for (const { name, content } of figures) {
    const brief = content.brief ?? '';
    names.set(brief, [...(names.get(brief) ?? []), name]);
  }
  return [...names].map(([brief, all]) => (brief === '' ? all.join(', ') : `${all.join(', ')} (${brief})`));
}
