import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import type { Query } from '../report/query.js';
import { renderReport } from '../report/render-report.js';
import { openSite } from '../report/site.js';
import { fileName } from '../report/site-map.js';
import { makeFolder } from '../schedule/make-folder.js';
import type { QueryConnection } from '../store/query-database.js';
import { pickSweep, readDatabase } from './read-database.js';
import { UsageError } from './usage-error.js';

/** The file that lists what a report wrote into its folder, so that the next one removes what it no longer has. */
const listFile = 'assets/files.json';

/**
 * Writes a report of the named sweeps (the latest where none is named) and returns the paths of their own pages: into
 * the folder `output` with all its pages, or where `output` ends with `.html` the page of one sweep alone. A file
 * appears whole or not at all. Throws UsageError for an unknown sweep and for several sweeps into one file, StoreError
 * for the database.
 */
export function writeReport(database: string, sweeps: readonly string[], output: string | undefined): string[] {
  return readDatabase(database, (queries) => {
    const names = sweeps.length === 0 ? [pickSweep(queries, undefined)] : [...new Set(sweeps)];
    for (const name of names) pickSweep(queries, name);
    const query: Query = (sql, params) => queries.query(sql, params as never[]);
    const options = { database: basename(database), generatedAt: new Date() };
    if (output?.endsWith('.html') === true) {
      const [name = '', ...more] = names;
      if (more.length > 0 || (existsSync(output) && statSync(output).isDirectory())) {
        throw new UsageError(
          `Expected a folder for ${names.length} sweeps (--output reports), got the file "${output}".`,
        );
      }
      writeWhole(output, renderReport(query, name, options));
      return [output];
    }
    const folder =
      output ?? join('reports', names.length === 1 ? fileName(names[0] ?? '') : fileName(basename(database, '.db')));
    if (existsSync(folder) && !statSync(folder).isDirectory()) {
      throw new UsageError(`Expected a folder or a name that ends with .html for --output, got the file "${folder}".`);
    }
    const site = openSite(query, everySweep(queries), names, { ...options, mode: 'files' });
    writeSite(folder, site.paths(), site.render);
    return names.map((name) => join(folder, site.sweepPath(name)));
  });
}

/** Every sweep in the order of their making, which no later run changes. */
export function everySweep(queries: QueryConnection): string[] {
  return queries.query('SELECT sweep FROM v_sweep ORDER BY created_at, sweep').rows.map(([sweep]) => String(sweep));
}

function writeSite(folder: string, paths: readonly string[], render: (path: string) => string | null): void {
  const earlier = earlierFiles(folder);
  for (const path of paths) {
    const text = render(path);
    if (text === null) throw new Error(`Expected a page for ${path}, got none.`);
    writeWhole(join(folder, path), text);
  }
  for (const path of earlier) if (!paths.includes(path)) rmSync(join(folder, path), { force: true });
  writeWhole(join(folder, listFile), `${JSON.stringify(paths, null, 1)}\n`);
}

/** Pages that an earlier report left in the folder; none where it is not one of ours. */
function earlierFiles(folder: string): readonly string[] {
  try {
    const listed: unknown = JSON.parse(readFileSync(join(folder, listFile), 'utf8'));
    const own = /^[^/\\]+\/(?:index|trial-\d+|layer-\d+|compare-\d+-\d+)\.html$/;
    return Array.isArray(listed)
      ? listed.filter((path): path is string => typeof path === 'string' && own.test(path) && !path.startsWith('.'))
      : [];
  } catch {
    return [];
  }
}

/** Writes beside the target and renames, so that a reader never sees half a page. */
function writeWhole(path: string, text: string): void {
  makeFolder(dirname(path));
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
