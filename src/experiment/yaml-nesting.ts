import { Lexer } from 'yaml';

/** Put between tokens by the lexer; they have no place in the text. */
const MARKS: ReadonlySet<string> = new Set(['\x02', '\x18', '\x1f']);

/**
 * Where a YAML text nests deeper than `deepest`, told from its tokens alone: the parser builds what it reads level inside
 * level, so that a megabyte of brackets takes hundreds of megabytes, or its whole stack, before anything can be counted.
 * Of levels by indentation four times as many are let pass, as they may be fewer than there are columns that lines begin
 * at: the parser's stack bears them, and what it builds is counted.
 *
 * @returns the offset of the token that is too deep; null: there is none
 */
export function findDeepNesting(text: string, deepest: number): number | null {
  let offset = 0;
  let brackets = 0;
  // `- - - x` and `? ? x` nest within a line.
  let indicators = 0;
  /** Columns at which the lines around the current one begin, outside of brackets. */
  const columns: number[] = [];
  let column: number | null = 0;
  for (const token of new Lexer().lex(text)) {
    const isMark = MARKS.has(token);
    if (column !== null && brackets === 0 && !isMark && /^[^\s#]/.test(token)) {
      while (columns.length > 0 && columns.at(-1)! >= column) columns.pop();
      columns.push(column);
      if (columns.length > 4 * deepest) return offset;
      column = null;
    }
    switch (token) {
      case '[':
      case '{':
        brackets += 1;
        break;
      case ']':
      case '}':
        brackets = Math.max(0, brackets - 1);
        break;
      case '-':
      case '?':
        indicators += 1;
        break;
      case '\n':
      case '\r\n':
        indicators = 0;
        column = 0;
        break;
      default:
        if (column !== null && /^ +$/.test(token)) column = token.length;
    }
    if (isMark) continue;
    if (brackets + indicators > deepest) return offset;
    offset += token.length;
  }
  return null;
}
