import { Lexer } from 'yaml';

/** Put before texts and numbers by the lexer. */
const SCALAR = '\x1f';
/** Put between tokens by the lexer; they have no place in the text. */
const MARKS: ReadonlySet<string> = new Set(['\x02', '\x18', SCALAR]);

/** What a YAML text may have. */
export interface YamlBounds {
  /** Levels of nesting. */
  readonly deepest: number;
  /** Texts, numbers and aliases, items and entries. */
  readonly mostValues: number;
}

/** The token with which a text has too much of something. */
export interface YamlExcess {
  readonly offset: number;
  readonly problem: string;
}

/**
 * Where a YAML text nests too deep or has too many values, told from its tokens alone: the parser
 * builds what it reads level inside level, so that a megabyte of brackets takes hundreds of
 * megabytes, or its whole stack, before anything can be counted; a megabyte of `1,` takes half a
 * gigabyte. Of levels by indentation four times as many are let pass, as they may be fewer than
 * there are columns that lines begin at: the parser's stack bears them, and what it builds is
 * counted.
 *
 * @returns null: nothing is too much
 */
export function findYamlExcess(text: string, { deepest, mostValues }: YamlBounds): YamlExcess | null {
  const tooDeep = `expected at most ${deepest} levels of nesting, got more`;
  const tooMany = `expected at most ${mostValues} values, got more`;
  let offset = 0;
  let brackets = 0;
  let scalars = 0;
  /** Items and entries by their marks: of a list without texts, too. */
  let items = 0;
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
      if (columns.length > 4 * deepest) return { offset, problem: tooDeep };
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
        items += 1;
        break;
      case ',':
      case ':':
        items += 1;
        break;
      case SCALAR:
        scalars += 1;
        break;
      case '\n':
      case '\r\n':
        indicators = 0;
        column = 0;
        break;
      default:
        if (token.startsWith('*')) scalars += 1;
        else if (column !== null && /^ +$/.test(token)) column = token.length;
    }
    if (isMark) continue;
    if (brackets + indicators > deepest) return { offset, problem: tooDeep };
    if (scalars > mostValues || items > mostValues) return { offset, problem: tooMany };
    offset += token.length;
  }
  return null;
}
