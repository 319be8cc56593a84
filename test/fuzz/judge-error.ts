import { ExitCode, reportError } from '../../src/cli/exit-code.js';

/** Longest message that still is one: with a name of 10,000 characters in it, too. */
const LONGEST_MESSAGE = 2000;
const MOST_LINES = 40;
// eslint-disable-next-line no-control-regex -- What must not reach a terminal from a file.
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/;

/**
 * Null for an error that tells the user what to change, as the program itself tells it; else what
 * is wrong with it.
 */
export function judgeError(error: unknown): string | null {
  const printed: string[] = [];
  const code = reportError(error, (text) => printed.push(text));
  const text = printed.join('\n');
  const short = JSON.stringify(text.slice(0, 600));
  if (code !== ExitCode.usage) return `not a clear error: ${short}`;
  if (text.length < 20) return `says too little: ${short}`;
  // An experiment has a line for each problem.
  if (text.split('\n').length > MOST_LINES || text.split('\n').some((line) => line.length > LONGEST_MESSAGE)) {
    return `a message of ${text.length} characters: ${short}`;
  }
  if (CONTROL.test(text)) return `control characters in the message: ${short}`;
  // `got NaN` is the truth where NaN came.
  if (/\bundefined\b|\[object|(?<!got )\bNaN\b(?! in| bytes)/.test(text.replace(/"[^"]*"|'[^']*'/g, '""'))) {
    return `a message with holes: ${short}`;
  }
  return null;
}
