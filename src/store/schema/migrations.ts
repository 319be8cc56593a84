import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { StoreError } from '../store-error.js';

/** One step of the schema. */
export interface Migration {
  /** From 1, without gaps; `PRAGMA user_version` of a database that has it. */
  readonly number: number;
  /** File name without folder, e.g. `0001-initial.sql`. */
  readonly name: string;
  readonly sql: string;
  /** sha256 in hex of the text with `\n` line ends. */
  readonly sha256: string;
}

/**
 * The package's `migrations/` folder: three levels up both from `src/store/schema` and from
 * `dist/store/schema`.
 */
const migrationsFolder = fileURLToPath(new URL('../../../migrations/', import.meta.url));

/**
 * The migrations of a folder in order. Other files than `NNNN-name.sql` are not looked at.
 * Throws {@link StoreError} `changed-migration` where a number is missing or there twice.
 */
export function readMigrations(folder: string = migrationsFolder): readonly Migration[] {
  const names = readdirSync(folder)
    .filter((name) => /^\d{4}-.+\.sql$/.test(name))
    .sort();
  return names.map((name, index) => {
    const number = Number(name.slice(0, 4));
    if (number !== index + 1) {
      throw new StoreError(
        'changed-migration',
        `Expected migration ${index + 1} in ${folder}, got ${name}: numbers run from 0001 without gaps. Reinstall quantsweep.`,
      );
    }
    // A checkout on Windows may have changed the line ends; that is no other migration.
    const sql = readFileSync(`${folder}/${name}`, 'utf8').replaceAll('\r\n', '\n');
    return { number, name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
  });
}
