import { Lexer } from 'yaml';

/**
 * Where a YAML text nests deeper than `deepest`, told from its tokens alone: the parser builds what it reads level inside
 * level, so that a megabyte of brackets takes hundreds of megabytes, or its whole stack, before anything can be counted.
 * Levels by indentation are left to the parser: a thousand of them need a megabyte.
 *
 * @returns the offset of the token that is too deep; null: there is none
 */
export function findDeepNesting(text: string, deepest: number): number | null {
  let offset = 0;
  let brackets = 0;
  // `- - - x` and `? ? x` nest within a line.
  let indicators = 0;
  for (const token of new Lexer().lex(text)) {
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
        break;
      // Marks that the lexer puts between tokens have no place in the text.
      case '\x02':
      case '\x18':
      case '\x1f':
        continue;
    }
    if (brackets + indicators > deepest) return offset;
    offset += token.length;
  }
  return null;
}
