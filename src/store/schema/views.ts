import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * One documented view. Unlike a migration its text may change at any time: nothing is stored in a
 * view.
 */
export interface View {
  /** Of the view and, with `.sql`, of its file. */
  readonly name: string;
  /** One `CREATE VIEW` statement behind a comment that says what a row is. */
  readonly sql: string;
  /** sha256 in hex of the text with `\n` line ends. */
  readonly sha256: string;
}

/** Beside this module, in `src/` and, copied by the build, in `dist/`. */
const viewsFolder = fileURLToPath(new URL('./views/', import.meta.url));

let known: readonly View[] | null = null;

/** The package's own views, by name; read once. */
export function ownViews(): readonly View[] {
  return (known ??= readViews(viewsFolder));
}

/**
 * The views of a folder, by name. Their order is of no matter: SQLite looks up the tables and views
 * that a view names when the view is used. Throws where a file does not create the view that it is
 * named after.
 */
export function readViews(folder: string): readonly View[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const name = basename(file, '.sql');
      const sql = readFileSync(`${folder}/${file}`, 'utf8').replaceAll('\r\n', '\n');
      if (!sql.includes(`\nCREATE VIEW ${name} AS\n`)) {
        throw new Error(
          `Expected a line "CREATE VIEW ${name} AS" in ${folder}${file}, got none: a file is named after its view.`,
        );
      }
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    });
}
