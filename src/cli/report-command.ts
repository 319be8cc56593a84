import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import type { Argv, CommandModule } from 'yargs';

import { renderReport } from '../report/render-report.js';
import { pickSweep, readDatabase } from './read-database.js';
import { UsageError } from './usage-error.js';

interface ReportArguments {
  readonly sweep: readonly string[];
  readonly db: string;
  readonly output: string | undefined;
}

/** `quantsweep report`: one self-contained HTML page for each sweep. */
export const reportCommand: CommandModule<object, ReportArguments> = {
  command: 'report [sweep..]',
  describe: 'Write a sweep as one HTML page that opens offline',
  builder: buildOptions,
  handler: ({ sweep, db, output }) => {
    for (const path of writeReports(db, sweep, output)) process.stdout.write(`${path}\n`);
  },
};

function buildOptions(yargs: Argv<object>): Argv<ReportArguments> {
  return yargs
    .positional('sweep', {
      type: 'string',
      array: true,
      default: [] as string[],
      defaultDescription: 'the sweep that ran last',
      describe: 'Names of sweeps',
    })
    .option('db', { type: 'string', default: './quantsweep.db', describe: 'Database file', requiresArg: true })
    .option('output', {
      alias: 'o',
      type: 'string',
      describe: 'The page, or a folder for several; reports/<sweep>.html by default',
      requiresArg: true,
    })
    .example('$0 report', 'the latest sweep, to reports/<sweep>.html')
    .example('$0 report demo --db quantsweep.db -o reports/demo.html', 'one sweep, to a file of your choice');
}

/**
 * Writes a page for each named sweep (the latest where none is named) and returns their paths. A page appears whole or
 * not at all. Throws UsageError for an unknown sweep and for several sweeps into one file, StoreError for the database.
 */
export function writeReports(database: string, sweeps: readonly string[], output: string | undefined): string[] {
  return readDatabase(database, (queries) => {
    const names = sweeps.length === 0 ? [pickSweep(queries, undefined)] : [...new Set(sweeps)];
    for (const name of names) pickSweep(queries, name);
    const paths = outputPaths(names, output);
    return names.map((name, index) => {
      const path = paths[index] ?? '';
      const page = renderReport((sql, params) => queries.query(sql, params as never[]), name, {
        database: basename(database),
        generatedAt: new Date(),
      });
      writeWhole(path, page);
      return path;
    });
  });
}

function outputPaths(names: readonly string[], output: string | undefined): string[] {
  const isFolder =
    output === undefined || output.endsWith('/') || (existsSync(output) && statSync(output).isDirectory());
  if (!isFolder) {
    if (names.length === 1) return [output];
    throw new UsageError(`Expected a folder for ${names.length} sweeps (--output reports/), got the file "${output}".`);
  }
  const files = names.map((name) => `${fileName(name)}.html`);
  const repeated = files.find((file, index) => files.indexOf(file) !== index);
  if (repeated !== undefined) {
    throw new UsageError(
      `Two of the sweeps would be written to "${repeated}": report them one at a time with --output.`,
    );
  }
  return files.map((file) => join(output ?? 'reports', file));
}

/** A sweep's name as a file name: what is not a letter, digit, dot, dash or underscore becomes a dash. */
function fileName(sweep: string): string {
  const name = sweep
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 80);
  return name === '' ? 'sweep' : name;
}

/** Writes beside the target and renames, so that a reader never sees half a page. */
function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
