import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { figures } from '../src/report/figures/index.js';
import type { Query } from '../src/report/query.js';
import { renderFigure } from '../src/report/render-figure.js';
import { renderReport } from '../src/report/render-report.js';
import { openSite } from '../src/report/site.js';
import { readSweepFacts } from '../src/report/sweep-facts.js';
import { openQueries } from '../src/store/query-database.js';
import { largeGrid, plainGrid } from './synthetic-experiment.js';
import { writeSynthetic } from './write-synthetic.js';

const ROUNDS = 5;
/** Figures that are named. */
const SLOWEST = 5;

/** What a child that renders one sweep says at its end. */
interface PageReport {
  readonly seconds: number;
  readonly peakMb: number;
  readonly pageMb: number;
  /** The whole folder: the sweep's page again, and the pages of its trials and layers. */
  readonly site: { readonly seconds: number; readonly files: number; readonly mb: number };
  /** Slowest first, query and build. */
  readonly figures: readonly { readonly id: string; readonly ms: number; readonly kb: number }[];
}

/** Renders a page in a process of its own, as `quantsweep report` does: its time and its peak are that of one page. */
function renderAndReport(path: string, sweep: string): PageReport {
  const queries = openQueries(path);
  const query: Query = (sql) => queries.query(sql);
  const start = performance.now();
  const html = renderReport(query, sweep, { database: path, generatedAt: new Date(0) });
  const seconds = (performance.now() - start) / 1000;
  const peakMb = process.resourceUsage().maxRSS / 1024;
  const siteStart = performance.now();
  const site = openSite(query, [sweep], [sweep], { database: path, generatedAt: new Date(0), mode: 'files' });
  const sizes = site.paths().map((file) => Buffer.byteLength(site.render(file) ?? ''));
  const siteSeconds = (performance.now() - siteStart) / 1000;
  const facts = readSweepFacts(query, sweep)!;
  const each = figures.map((figure) => {
    const begun = performance.now();
    const kb = Buffer.byteLength(renderFigure(figure, facts, query)) / 1000;
    return { id: figure.id, ms: performance.now() - begun, kb };
  });
  queries.close();
  return {
    seconds,
    peakMb,
    pageMb: Buffer.byteLength(html) / 1e6,
    site: { seconds: siteSeconds, files: sizes.length, mb: sizes.reduce((sum, size) => sum + size, 0) / 1e6 },
    figures: each.sort((a, b) => b.ms - a.ms).slice(0, SLOWEST),
  };
}

function inChild(path: string, sweep: string): Promise<PageReport> {
  const child = fork(fileURLToPath(import.meta.url), ['child', path, sweep]);
  return new Promise((resolve, reject) => {
    child.on('message', (report) => {
      resolve(report as PageReport);
    });
    child.on('exit', (code) => {
      reject(new Error(`Expected a report of sweep ${sweep}, got exit code ${code}.`));
    });
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

if (process.argv[2] === 'child') {
  const [, , , path, sweep] = process.argv;
  process.send!(renderAndReport(path!, sweep!));
  process.disconnect();
} else {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-bench-'));
  const environment = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, rounds: ROUNDS };
  console.log(`One page a process, ${ROUNDS} rounds; ${environment.cpu ?? '?'}, Node ${environment.node}`);
  const sweeps = [plainGrid, largeGrid].map((grid) => {
    const path = join(folder, `${grid.name}.db`);
    const start = performance.now();
    const trials = writeSynthetic(path, grid);
    console.log(
      `${grid.name}: ${trials} trials x ${grid.layers} layers, ${seconds(performance.now() - start)} to write`,
    );
    return { name: grid.name, trials, path, reports: [] as PageReport[] };
  });
  for (let round = -1; round < ROUNDS; round++) {
    for (const { path, name, reports } of sweeps) {
      const report = await inChild(path, name);
      // The first round brings the file into the system's cache.
      if (round >= 0) reports.push(report);
    }
  }
  const base = sweeps[0]!.reports;
  const rows = sweeps.map(({ name, trials, reports }) => {
    const ratios = reports.map((report, round) => report.seconds / base[round]!.seconds);
    const row = {
      name,
      trials,
      ratio: median(ratios),
      lowest: Math.min(...ratios),
      highest: Math.max(...ratios),
      seconds: median(reports.map((report) => report.seconds)),
      peakMb: median(reports.map((report) => report.peakMb)),
      pageMb: reports[0]!.pageMb,
      site: { ...reports[0]!.site, seconds: median(reports.map((report) => report.site.seconds)) },
      slowest: reports.at(-1)!.figures,
    };
    console.log(
      `${name.padEnd(6)} ${row.ratio.toFixed(2).padStart(6)} x ${sweeps[0]!.name}   (${row.lowest.toFixed(2)} .. ${row.highest.toFixed(2)})   ${row.seconds.toFixed(2)} s, peak ${row.peakMb.toFixed(0)} MB, page ${row.pageMb.toFixed(2)} MB`,
    );
    console.log(
      `  whole folder ${row.site.seconds.toFixed(2)} s, ${row.site.files} files, ${row.site.mb.toFixed(2)} MB`,
    );
    for (const { id, ms, kb } of row.slowest)
      console.log(`  ${id.padEnd(24)} ${ms.toFixed(0).padStart(6)} ms ${kb.toFixed(0).padStart(6)} kB`);
    return row;
  });
  rmSync(folder, { recursive: true });
  const results = new URL('results/', import.meta.url);
  mkdirSync(results, { recursive: true });
  writeFileSync(new URL('report.json', results), `${JSON.stringify({ environment, rows }, null, 2)}\n`);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
