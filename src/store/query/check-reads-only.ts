import { StoreError } from '../store-error.js';

const readingWords = new Set(['SELECT', 'WITH', 'VALUES', 'EXPLAIN', 'PRAGMA']);

/**
 * Pragmas that only tell something. Others would change the connection, some already while they are
 * compiled.
 */
const informingPragmas = new Set([
  'table_info',
  'table_xinfo',
  'table_list',
  'index_list',
  'index_info',
  'index_xinfo',
  'foreign_key_list',
  'foreign_key_check',
  'integrity_check',
  'quick_check',
  'compile_options',
  'user_version',
  'application_id',
  'data_version',
]);

/**
 * Throws {@link StoreError} `bad-query` unless the statement begins as one that reads. This is the
 * clear message, not the protection: the file is opened read-only, and SQLite itself is asked
 * whether the compiled statement reads. It does stop what those two would let through: ATTACH and
 * VACUUM INTO, which touch other files, and pragmas.
 */
export function checkReadsOnly(sql: string): void {
  const statement = withoutLeadingComments(sql);
  const word = /^[a-z]+/i.exec(statement)?.[0].toUpperCase() ?? '';
  if (!readingWords.has(word)) {
    const got = statement === '' ? 'nothing' : `one that begins with "${word || statement.slice(0, 10)}"`;
    throw new StoreError(
      'bad-query',
      `Expected a query (SELECT, WITH, VALUES, EXPLAIN), got ${got}. The database is opened for reading only.`,
    );
  }
  if (word !== 'PRAGMA') return;
  const pragma = /^pragma\s+(?:main\s*\.\s*)?(\w+)/i.exec(statement)?.[1]?.toLowerCase() ?? '';
  if (!informingPragmas.has(pragma)) {
    throw new StoreError(
      'bad-query',
      `Expected one of the pragmas that only inform (${[...informingPragmas].join(', ')}), got "${pragma}".`,
    );
  }
}

/** The text from its first character that is neither white space nor in a comment. */
function withoutLeadingComments(sql: string): string {
  let start = 0;
  for (;;) {
    while (start < sql.length && /[\s;\uFEFF]/.test(sql[start]!)) start += 1;
    if (sql.startsWith('--', start)) {
      const end = sql.indexOf('\n', start);
      if (end < 0) return '';
      start = end + 1;
    } else if (sql.startsWith('/*', start)) {
      const end = sql.indexOf('*/', start + 2);
      if (end < 0) return '';
      start = end + 2;
    } else {
      return sql.slice(start);
    }
  }
}
