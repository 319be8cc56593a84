import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figures } from '../src/report/figures/sweep/index.js';
import type { Query } from '../src/report/query.js';
import { renderFigure } from '../src/report/output/html/render-figure.js';
import { renderReport } from '../src/report/pages/render-report.js';
import { openSite } from '../src/report/pages/site.js';
import { readSweepFacts } from '../src/report/facts/sweep-facts.js';
import { openQueries } from '../src/store/query/query-database.js';
import { childArguments, report, reportOf } from './measure/child-report.js';
import { sayEnvironment } from './measure/environment.js';
import { interleavedRounds } from './measure/interleaved-rounds.js';
import { inWords } from './measure/ratios.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';
import { median, spreadOf } from './measure/spread.js';
import { largeGrid, plainGrid } from './synthetic-experiment.js';
import { writeSynthetic } from './write-synthetic.js';

const ROUNDS = bySize({ quick: 1, part: 2, full: 5 });
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

/**
 * Renders a page in a process of its own, as `quantsweep report` does: its time and its peak are
 * that of one page.
 */
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

const given = childArguments();
if (given === null) await measureAll();
else report(renderAndReport(given[0]!, given[1]!));

async function measureAll(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-bench-'));
  const environment = sayEnvironment('The page of a sweep, one a process');
  const sweeps = [plainGrid, largeGrid].map((grid) => {
    const path = join(folder, `${grid.name}.db`);
    const start = performance.now();
    const trials = writeSynthetic(path, grid);
    const written = inWords(performance.now() - start);
    console.log(`${grid.name}: ${trials} trials x ${grid.layers} layers, ${written} to write`);
    return { name: grid.name, trials, path };
  });
  // The round before the first brings the files into the system's cache.
  const reports = await interleavedRounds(
    new Map(sweeps.map(({ name, path }) => [name, () => reportOf<PageReport>(import.meta.url, path, name)])),
    ROUNDS,
  );
  const base = reports.get(plainGrid.name)!;
  const rows = sweeps.map(({ name, trials }) => {
    const own = reports.get(name)!;
    const { median: ratio, ...spread } = spreadOf(own.map(({ seconds }, round) => seconds / base[round]!.seconds));
    const row = {
      name,
      trials,
      ratio,
      ...spread,
      seconds: median(own.map(({ seconds }) => seconds)),
      peakMb: median(own.map(({ peakMb }) => peakMb)),
      pageMb: own[0]!.pageMb,
      site: { ...own[0]!.site, seconds: median(own.map(({ site }) => site.seconds)) },
      slowest: own.at(-1)!.figures,
    };
    console.log(
      `${name.padEnd(6)} ${ratio.toFixed(2).padStart(6)} x ${plainGrid.name}   (${row.lowest.toFixed(2)} .. ${row.highest.toFixed(2)})   ${row.seconds.toFixed(2)} s, peak ${row.peakMb.toFixed(0)} MB, page ${row.pageMb.toFixed(2)} MB`,
    );
    console.log(
      `  whole folder ${row.site.seconds.toFixed(2)} s, ${row.site.files} files, ${row.site.mb.toFixed(2)} MB`,
    );
    for (const { id, ms, kb } of row.slowest)
      console.log(`  ${id.padEnd(24)} ${ms.toFixed(0).padStart(6)} ms ${kb.toFixed(0).padStart(6)} kB`);
    return row;
  });
  rmSync(folder, { recursive: true });
  writeResult('report', { environment, rounds: ROUNDS, rows });
}
