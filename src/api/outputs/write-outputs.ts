import { basename, dirname, join, relative, resolve } from 'node:path';

import { chartFiles } from '../../report/output/svg/chart-files.js';
import { markdownSummary } from '../../report/output/markdown/markdown-summary.js';
import { pageFigures } from '../../report/figures/page-figures.js';
import type { Query } from '../../report/query.js';
import { sqlText } from '../../report/query.js';
import { withRelativePaths } from '../../report/relative-paths.js';
import { reportData } from '../../report/output/json/report-data.js';
import type { PageId } from '../../report/addresses/site-map.js';
import { folderNames, parsePageName } from '../../report/addresses/site-map.js';
import type { SweepFacts } from '../../report/facts/sweep-facts.js';
import { readSweepFacts } from '../../report/facts/sweep-facts.js';
import { checkOverwrite, databaseFiles, markComment } from './check-overwrite.js';
import { pickSweep } from '../pick-sweep.js';
import { readDatabase } from '../read-database.js';
import { UsageError } from '../../errors/usage-error.js';
import type { Comparisons } from './comparisons.js';
import { everySweep } from '../../store/query/every-sweep.js';
import { takeTrailingSweeps } from './trailing-sweeps.js';
import { writeReport } from './write-report.js';
import { requireFile, requireFolder, writeWhole } from './write-whole.js';

/** What `quantsweep report` was asked for. */
export interface ReportRequest {
  readonly database: string;
  /** Names; empty for the sweep that ran last. */
  readonly sweeps: readonly string[];
  /**
   * Folder of the pages or file of one page. Without it pages are written where nothing else is
   * asked for.
   */
  readonly output: string | undefined;
  /** Folder of static charts. */
  readonly svg: string | undefined;
  /**
   * Pages whose charts are drawn, as their file names without the end; empty for the sweep's own
   * page.
   */
  readonly pages: readonly string[];
  /** Files, or `-` for the standard output. */
  readonly markdown: string | undefined;
  readonly json: string | undefined;
  /** Overwrite files that quantsweep did not write, too. */
  readonly force: boolean;
  /** What pages compare; only where pages are written. */
  readonly comparisons: Comparisons;
}

/** What a report left. */
export interface ReportOutputs {
  /** Paths of files for the reader, the pages' first. */
  readonly paths: readonly string[];
  /** For the standard output alone; null where nothing goes there. */
  readonly text: string | null;
}

/**
 * Writes what was asked for: pages, static charts, JSON, a summary in Markdown. The command line is
 * checked before anything is written. A file appears whole or not at all. Throws UsageError for
 * what the user should change, StoreError for the database.
 */
export async function writeOutputs(request: ReportRequest): Promise<ReportOutputs> {
  const { database, output, svg, markdown, json } = request;
  const pages = checkRequest(request);
  const { force } = request;
  const onlyPages = svg === undefined && markdown === undefined && json === undefined;
  if (onlyPages)
    return { paths: writeReport(database, request.sweeps, output, request.comparisons, force), text: null };
  return await readDatabase(database, async (queries) => {
    const { sweeps: given, comparisons } = takeTrailingSweeps(queries, request);
    const named = [...new Set([...given, ...comparisons.sweeps.flat()])];
    const wanted = (named.length === 0 ? [undefined] : named).map((name) => pickSweep(queries, name));
    const plain: Query = (sql, params) => queries.query(sql, params as never[]);
    const query = withRelativePaths(plain, wanted);
    const sweeps = wanted.map((name) => factsOf(query, name));
    const folders = folderNames(everySweep(queries));
    const charts = svg === undefined ? [] : await drawCharts(sweeps, pages, folders, query);
    const options = { database: basename(database), generatedAt: new Date() };
    const data = json === undefined ? null : `${JSON.stringify(reportData(sweeps, query, options))}\n`;

    const files = [markdown, json].filter((path): path is string => path !== undefined && path !== '-');
    const inputs = databaseFiles(database);
    checkOverwrite([...charts.map(({ name }) => join(svg ?? '', name)), ...files], { force, inputs });
    const names = sweeps.map(({ sweep }) => sweep.name);
    const pagePaths = output === undefined ? [] : writeReport(database, names, output, comparisons, force);
    const chartPaths = charts.map(({ name, text }) => writeTo(join(svg ?? '', name), `${text}\n${markComment}`));
    const dataPath = json === undefined || json === '-' || data === null ? null : writeTo(json, data);
    const summaries = sweeps.map((facts, index) => {
      const from = markdown === undefined || markdown === '-' ? '.' : dirname(markdown);
      const files = [
        ...(pagePaths[index] === undefined ? [] : [['Report', pagePaths[index]] as const]),
        ...(svg === undefined ? [] : [['Charts', svg] as const]),
        ...(dataPath === null ? [] : [['Data', dataPath] as const]),
      ].map(([text, path]) => [text, relative(from, path) || '.'] as const);
      return markdownSummary(facts, query, { database: besideExperiment(plain, facts.sweep.name, database), files });
    });
    const summary = markdown === undefined ? null : summaries.join('\n---\n\n');
    const summaryPath =
      markdown === undefined || markdown === '-' || summary === null
        ? null
        : writeTo(markdown, `${summary}\n${markComment}`);
    return {
      paths: [...pagePaths, ...chartPaths, dataPath, summaryPath].filter((path) => path !== null),
      text: json === '-' ? data : markdown === '-' ? summary : null,
    };
  });
}

/** The pages whose charts are drawn. */
function checkRequest({ output, svg, pages, markdown, json, comparisons }: ReportRequest): readonly PageId[] {
  if (markdown === '-' && json === '-') {
    throw new UsageError(
      'Expected one of --markdown and --json on the standard output, got both; name a file for one.',
    );
  }
  const hasComparisons = comparisons.trials.length + comparisons.sweeps.length > 0;
  if (hasComparisons && output === undefined && [svg, markdown, json].some((other) => other !== undefined)) {
    throw new UsageError(
      'Expected --output with --compare or --compare-sweeps beside --svg, --markdown or --json: comparisons are pages.',
    );
  }
  if (pages.length > 0 && svg === undefined) throw new UsageError('Expected --svg with --page: it names whose charts.');
  if (svg !== undefined) requireFolder(svg, '--svg');
  checkFile(markdown, '--markdown', '.md');
  checkFile(json, '--json', '.json');
  return pages.length === 0 ? [{ kind: 'sweep' }] : pages.map(parsePage);
}

/**
 * A file that an option without a value of its own might have taken for one is most likely the name
 * of a sweep.
 */
function checkFile(path: string | undefined, option: string, end: string): void {
  if (path === undefined || path === '-') return;
  if (!path.endsWith(end)) {
    throw new UsageError(
      `Expected a file that ends with ${end} or - for ${option}, got "${path}". Names of sweeps stand before the options.`,
    );
  }
  requireFile(path, option);
}

function parsePage(name: string): PageId {
  const page = parsePageName(`${name}.html`);
  if (page !== null) return page;
  throw new UsageError(
    `Expected index, trial-NUMBER, layer-NUMBER or compare-NUMBER-NUMBER for --page, as pages are called; got "${name}".`,
  );
}

/** The database's path as seen from the folder of the experiment file. */
function besideExperiment(query: Query, sweep: string, database: string): string {
  const [row] = query(`SELECT experiment_path FROM v_sweep WHERE sweep = ${sqlText(sweep)}`, []).rows;
  return relative(dirname(String(row?.[0])), resolve(database));
}

function factsOf(query: Query, name: string): SweepFacts {
  const facts = readSweepFacts(query, name);
  if (facts === null) throw new Error(`Expected the facts of sweep "${name}", which was there a moment ago, got none.`);
  return facts;
}

async function drawCharts(
  sweeps: readonly SweepFacts[],
  pages: readonly PageId[],
  folders: ReadonlyMap<string, string>,
  query: Query,
): Promise<{ readonly name: string; readonly text: string }[]> {
  const taken = new Set<string>();
  const charts = [];
  for (const facts of sweeps) {
    for (const page of pages) {
      const figures = pageFigures(page, facts, query);
      const name = nameOf(page);
      if (figures === null)
        throw new UsageError(`Expected a page of sweep "${facts.sweep.name}" for --page, got ${name}.`);
      charts.push(...(await chartFiles(folders.get(facts.sweep.name) ?? '', name, figures, taken)));
    }
  }
  return charts.map(({ name, svg }) => ({ name, text: svg }));
}

/** A page in the names of its charts; the sweep's own has none. */
function nameOf(page: PageId): string {
  switch (page.kind) {
    case 'sweep':
      return '';
    case 'trial':
      return `trial-${page.trial}`;
    case 'layer':
      return `layer-${page.number}`;
    case 'comparison':
      return `compare-${page.trials.join('-')}`;
  }
}

function writeTo(path: string, text: string): string {
  writeWhole(path, text);
  return path;
}
