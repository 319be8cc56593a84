import type { Sentence } from '../../answers/sentence.js';

/**
 * Text as it stands, in GitHub-flavoured Markdown and its tables: on one line, with a backslash
 * before each character that would mean something, and no mention of a user.
 */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replaceAll(/[\\`*_[\]{}<>|~#&$!]/g, '\\$&')
    .replaceAll(/@(?=\w)/g, '@\u2060');
}

/** A sentence with its strong runs in bold. */
export function sentenceMarkdown(sentence: Sentence): string {
  return sentence.map(({ text, strong }) => (strong ? bold(text) : escapeMarkdown(text))).join('');
}

/** Bold text; blanks at its ends stay outside, where the marks would not count beside them. */
export function bold(text: string): string {
  const [, before = '', inner = '', after = ''] = /^(\s*)([^]*?)(\s*)$/.exec(text) ?? [];
  return inner === '' ? text : `${before}**${escapeMarkdown(inner)}**${after}`;
}

/** A table: heads, how columns are aligned, and cells that are Markdown already. */
export function tableMarkdown(
  heads: readonly (readonly [string, 'left' | 'right'])[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(heads.map(([head]) => escapeMarkdown(head))),
    line(heads.map(([, align]) => (align === 'right' ? '--:' : '---'))),
    ...rows.map(line),
  ].join('\n');
}

/** Code in a fence that nothing in it ends. */
export function fencedCode(code: string, language: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${withoutControls(code)}\n${fence}`;
}

/** Markdown behind a line that opens it. */
export function collapsed(summary: string, markdown: string): string {
  return `<details><summary>${summary}</summary>\n\n${markdown}\n\n</details>`;
}

/** A link to a file. */
export function linkMarkdown(text: string, path: string): string {
  const address = encodeURI(path.replaceAll('\\', '/')).replaceAll(
    /[()#?]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `[${escapeMarkdown(text)}](${address})`;
}

function oneLine(text: string): string {
  return withoutControls(text).replaceAll(/\s*[\n\u2028\u2029]\s*/g, ' ');
}

/** Without control characters but for line ends, of which there is one kind, and tabs. */
function withoutControls(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what must not be there
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, '\uFFFD');
}
