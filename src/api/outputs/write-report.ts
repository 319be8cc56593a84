import { everySweep } from '../../store/query/every-sweep.js';
import { lstatSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { withRelativePaths } from '../../report/relative-paths.js';
import { renderReport } from '../../report/pages/render-report.js';
import { openSite } from '../../report/pages/site.js';
import type { Compared } from '../../report/addresses/site-map.js';
import { fileName, mostCompared } from '../../report/addresses/site-map.js';
import { findTrials } from '../../store/read/find-trials.js';
import type { QueryConnection } from '../../store/query/query-database.js';
import { checkOverwrite, databaseFiles, isOwnFile, markLine, type OverwriteRule } from './check-overwrite.js';
import { noComparisons, type Comparisons } from './comparisons.js';
import { takeTrailingSweeps } from './trailing-sweeps.js';
import { pickSweep } from '../pick-sweep.js';
import { pickTrial, readDatabase } from '../read-database.js';
import { UsageError } from '../../errors/usage-error.js';
import { requireFile, requireFolder, writeWhole } from './write-whole.js';

/**
 * The file that lists what a report wrote into its folder, so that the next one removes what it no
 * longer has.
 */
const listFile = 'assets/files.json';
const listFormat = 'quantsweep-files';

/**
 * Writes a report of the named sweeps (the latest where none is named) and returns the paths of
 * their own pages and of the comparisons that were asked for: into the folder `output` with all its
 * pages, or where `output` ends with `.html` the page of one sweep alone. A file appears whole or
 * not at all. Throws UsageError for an unknown sweep and for several sweeps into one file,
 * StoreError for the database.
 */
export function writeReport(
  database: string,
  sweepNames: readonly string[],
  output: string | undefined,
  asked: Comparisons = noComparisons,
  force = false,
): string[] {
  const rule: OverwriteRule = { force, inputs: databaseFiles(database) };
  return readDatabase(database, (queries) => {
    const { sweeps, comparisons } = takeTrailingSweeps(queries, { sweeps: sweepNames, comparisons: asked });
    const named = [...new Set([...sweeps, ...comparisons.sweeps.flat()])];
    const names = named.length === 0 ? [pickSweep(queries, undefined)] : named;
    for (const name of names) pickSweep(queries, name);
    for (const [one, other] of comparisons.sweeps)
      if (one === other) throw new UsageError(`Expected two sweeps for --compare-sweeps, got "${one}" twice.`);
    const all = everySweep(queries);
    const pairs = comparisons.trials.map((words) => pickTrials(queries, names, all, words));
    const query = withRelativePaths((sql, params) => queries.query(sql, params as never[]), names);
    const options = { database: basename(database), generatedAt: new Date() };
    if (output?.endsWith('.html') === true) {
      const [name = '', ...more] = names;
      if (more.length > 0) {
        throw new UsageError(
          `Expected a folder for ${names.length} sweeps (--output reports), got the file "${output}".`,
        );
      }
      if (pairs.length > 0) {
        throw new UsageError(`Expected a folder for comparisons (--output reports), got the file "${output}".`);
      }
      requireFile(output, '--output');
      checkOverwrite([output], rule);
      writeWhole(output, renderReport(query, name, options));
      return [output];
    }
    const folder =
      output ?? join('reports', names.length === 1 ? fileName(names[0] ?? '') : fileName(basename(database, '.db')));
    requireFolder(folder, '--output (a name that ends with .html is the page alone)');
    const site = openSite(query, all, names, {
      ...options,
      mode: 'files',
      pairs: new Map(
        names.map((name) => [name, pairs.filter(({ sweep }) => sweep === name).map(({ trials }) => trials)]),
      ),
      sweepPairs: distinctPairs(comparisons.sweeps),
    });
    writeSite(folder, site.paths(), site.render, rule);
    const compared = [
      ...pairs.map(({ sweep, trials }) => site.comparisonPath(sweep, trials)),
      ...comparisons.sweeps.map(site.sweepsComparisonPath),
    ];
    return [...names.map((name) => site.sweepPath(name)), ...new Set(compared)].map((path) => join(folder, path));
  });
}

/**
 * The trials that a user's words name: the first of a sweep of the report, each other of it, else
 * of any other.
 */
function pickTrials(
  queries: QueryConnection,
  names: readonly string[],
  all: readonly string[],
  words: readonly string[],
): { readonly sweep: string; readonly trials: Compared } {
  const [first, ...others] = words;
  if (first === undefined || others.length === 0) {
    const got = first === undefined ? 'none' : `"${first}"`;
    throw new UsageError(`Expected two trials or more for --compare (--compare best 7), got ${got}.`);
  }
  if (words.length > mostCompared)
    throw new UsageError(`Expected at most ${mostCompared} trials for --compare, got ${words.length}.`);
  const sweep = names.find((name) => findTrials(queries, name, first).length === 1) ?? names[0] ?? '';
  const trials = [
    pickTrial(queries, sweep, first),
    ...others.map((word) => {
      const beside = [sweep, ...names, ...all].find((name) => findTrials(queries, name, word).length > 0) ?? sweep;
      return pickTrial(queries, beside, word);
    }),
  ];
  const twice = trials.find((trial, index) => trials.indexOf(trial) !== index);
  if (twice !== undefined) {
    const expected = trials.length === 2 ? 'two trials' : 'different trials';
    throw new UsageError(`Expected ${expected} for --compare, got trial ${twice} twice.`);
  }
  return { sweep, trials };
}

function distinctPairs<Value>(pairs: readonly (readonly [Value, Value])[]): readonly (readonly [Value, Value])[] {
  return [...new Map(pairs.map((pair) => [JSON.stringify(pair), pair])).values()];
}

function writeSite(
  folder: string,
  paths: readonly string[],
  render: (path: string) => string | null,
  rule: OverwriteRule,
): void {
  const earlier = earlierFiles(folder);
  // An earlier version left no marks in what pages share, but its list names them.
  const known = earlier.length === 0 ? [] : [...earlier.filter((path) => dirname(path) === 'assets'), listFile];
  const targets = [...paths, listFile].filter((path) => !known.includes(path));
  const within = (names: readonly string[]): string[] => names.map((name) => join(folder, name));
  checkOverwrite(within(targets), rule);
  checkOverwrite(within(known), { ...rule, force: true });
  for (const path of paths) {
    const text = render(path);
    if (text === null) throw new Error(`Expected a page for ${path}, got none.`);
    writeWhole(join(folder, path), dirname(path) === 'assets' ? `${markLine}${text}` : text);
  }
  for (const path of earlier) if (!paths.includes(path)) removePage(folder, path);
  writeWhole(join(folder, listFile), JSON.stringify({ format: listFormat, files: paths }));
}

/**
 * Removes a page that an earlier report left, never through a link, and never what somebody has put
 * in its place.
 */
function removePage(folder: string, path: string): void {
  const page = join(folder, path);
  const isInFolder = lstatSync(dirname(page), { throwIfNoEntry: false })?.isDirectory() === true;
  if (isInFolder && isOwnFile(page)) rmSync(page);
}

/** Files that an earlier report left in the folder; none where it is not one of ours. */
function earlierFiles(folder: string): readonly string[] {
  const list = join(folder, listFile);
  try {
    if (![folder, dirname(list)].every((place) => lstatSync(place).isDirectory()) || !lstatSync(list).isFile())
      return [];
    const listed = listedFiles(JSON.parse(readFileSync(list, 'utf8')));
    const own =
      /^(?:assets\/[\w-]+\.(?:css|js)|compare-[^/\\+]+\+[^/\\+]+\.html|[^/\\]+\/(?:index|trial-\d+|layer-\d+|compare-\d+(?:-\d+)+)\.html)$/;
    return listed.filter((path) => own.test(path) && !path.startsWith('.'));
  } catch {
    return [];
  }
}

function listedFiles(content: unknown): readonly string[] {
  const listed: unknown =
    typeof content === 'object' && content !== null && 'files' in content ? content.files : content;
  return Array.isArray(listed) ? listed.filter((path): path is string => typeof path === 'string') : [];
}
