import { Lexer } from 'yaml';

/** Put before texts and numbers by the lexer. */
const SCALAR = '\x1f';

/** The first comment of a YAML text, from its `#` on; null where it has none. */
export function findYamlComment(text: string): string | null {
  let before = '';
  for (const token of new Lexer().lex(text)) {
    if (before !== SCALAR && token.startsWith('#')) return token;
    before = token;
  }
  return null;
}
