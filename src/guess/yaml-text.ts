import type { Plain } from './tasks/task-guess.js';

/** Texts that YAML 1.2 reads as themselves without quotes, also inside brackets. */
const PLAIN_TEXT = /^[A-Za-z_./][\w./ +-]*$/;
const WORDS = /^(true|false|null|~|yes|no|on|off|\.inf|\.nan)$/i;

/** A value on one line, in YAML's flow style. */
export function flowYaml(value: Plain): string {
  if (typeof value === 'string') return textYaml(value);
  if (value === null || typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(flowYaml).join(', ')}]`;
  const entries = Object.entries(value).map(([key, own]) => `${textYaml(key)}: ${flowYaml(own)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

function textYaml(text: string): string {
  return PLAIN_TEXT.test(text) && !WORDS.test(text) && !text.endsWith(' ') ? text : JSON.stringify(text);
}

function isList(value: object): value is readonly Plain[] {
  return Array.isArray(value);
}

/** Comment lines of at most 100 columns; control characters of names are shown as spaces. */
export function comment(text: string, indent = ''): readonly string[] {
  // eslint-disable-next-line no-control-regex -- names come from files of anyone
  const words = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').split(' ');
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of words) {
    if (line.length + 1 + word.length > 100 && line !== `${indent}#`) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
