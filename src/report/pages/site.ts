import { assetPaths, assetText, inlineAssets, sharedAssets, type PageMode } from '../output/html/page-assets.js';
import { pageHtml } from '../output/html/page-html.js';
import { readComparedSweeps } from '../facts/compared-sweeps.js';
import { readComparedGroup } from '../facts/compared-group.js';
import { readComparedTrials } from '../facts/compared-trials.js';
import { comparisonPage } from './comparison-page.js';
import { groupPage } from './group-page.js';
import { indexPage } from './index-page.js';
import { layerPage } from './layer-page.js';
import type { ReportOptions } from '../output/html/page-body.js';
import { sweepPage } from './sweep-page.js';
import { sweepsComparisonPage } from './sweeps-comparison-page.js';
import { trialPageFacts } from '../facts/trial-page-facts.js';
import { trialPage } from './trial-page.js';
import type { Query } from '../query.js';
import type { Compared, Pair, PageId, SweepFolder } from '../addresses/site-map.js';
import {
  folderLinks,
  folderNames,
  pageName,
  parsePageName,
  parseSweepsComparison,
  sweepsComparisonName,
} from '../addresses/site-map.js';
import type { SweepFacts, TrialFacts } from '../facts/sweep-facts.js';
import { comparedWith, readSweepFacts } from '../facts/sweep-facts.js';

/** How a report of several pages is made. */
export interface SiteOptions extends ReportOptions {
  /**
   * `files`: pages for a folder; the sweep's own page carries its style and scripts, so that it can
   * be passed on alone, the others share files. `server`: all pages share files, each trial and
   * pair of trials has a page, and pages ask for news.
   */
  readonly mode: PageMode;
  /** Further trials to compare, two or more each time, by sweep. */
  readonly pairs?: ReadonlyMap<string, readonly Compared[]>;
  /** Pairs of sweeps of the report to compare; a server compares any two. */
  readonly sweepPairs?: readonly SweepPair[];
}

/** Names of two sweeps to compare. */
export type SweepPair = readonly [string, string];

/** A report of several pages over some sweeps of a database. Pages are made when asked for. */
export interface Site {
  /**
   * Every file of it, in the order index, sweep pages, what they link to. Of a server: those that a
   * sweep's page links to.
   */
  readonly paths: () => string[];
  /** The text of a file; null for a path that it doesn't have. */
  readonly render: (path: string) => string | null;
  /** Path of a sweep's page. */
  readonly sweepPath: (sweep: string) => string;
  /** Path of the comparison of two sweeps. */
  readonly sweepsComparisonPath: (pair: SweepPair) => string;
  /** Path of the comparison of trials, of which the first is of the sweep. */
  readonly comparisonPath: (sweep: string, trials: Compared) => string;
}

/** Trials up to which each gets a page in a folder. */
const mostTrialPages = 500;

/**
 * The best ones that get a page where there are more: a folder of thousands helps nobody, and takes
 * minutes to make.
 */
const bestTrialPages = 24;

/**
 * Opens a report over the named sweeps. Pure but for `query`, which runs SELECTs, and for reading
 * Vega's own files. The facts of a sweep are read once; a server that wants news opens the site
 * anew.
 *
 * @param all every sweep of the database in a fixed order, so that folders keep their names
 *   whatever is chosen
 */
export function openSite(query: Query, all: readonly string[], sweeps: readonly string[], options: SiteOptions): Site {
  const folders = folderNames(all);
  const known = new Map<string, SweepFacts | null>();
  const shownFolder = new Map(sweeps.map((sweep) => [folders.get(sweep) ?? '', sweep]));

  return {
    paths,
    render,
    sweepPath: (sweep) => `${folderName(sweep)}/${pageName.sweep}`,
    sweepsComparisonPath,
    comparisonPath: (sweep, trials) => `${folderName(sweep)}/${pageName.comparison(trials)}`,
  };

  function folderName(sweep: string): string {
    return folders.get(sweep) ?? '';
  }

  function sweepsComparisonPath([one, other]: SweepPair): string {
    return sweepsComparisonName(folderName(one), folderName(other));
  }

  function paths(): string[] {
    const pages = sweeps.flatMap((sweep) => {
      const folder = folderOf(sweep);
      if (folder === null) return [];
      const facts = factsOf(sweep);
      const trials = (facts?.allTrials ?? []).filter((t) => folder.trials === 'any' || folder.trials.has(t.trial));
      return [
        pageName.sweep,
        ...trials.map(({ trial }) => pageName.trial(trial)),
        ...folder.layers.map((_, number) => pageName.layer(number)),
        ...(folder.comparisons === 'any' ? [] : folder.comparisons.map(pageName.comparison)),
      ].map((name) => `${folder.folder}/${name}`);
    });
    const comparisons = (options.sweepPairs ?? []).map(sweepsComparisonPath);
    return ['index.html', ...assetPaths(options.mode), ...comparisons, ...pages];
  }

  function render(path: string): string | null {
    const asset = assetText(path, options.mode);
    if (asset !== null) return asset;
    if (path === 'index.html') return renderIndex();
    const pair = parseSweepsComparison(path);
    if (pair !== null) return renderSweeps(pair);
    const [folder = '', name = '', more] = path.split('/');
    const sweep = shownFolder.get(folder);
    const page = more === undefined ? parsePageName(name) : null;
    return sweep === undefined || page === null ? null : renderPage(sweep, page);
  }

  function renderIndex(): string {
    const facts = {
      sweeps,
      isWhole: sweeps.length === all.length,
      href: (sweep: string) => encodeURI(`${folderName(sweep)}/${pageName.sweep}`),
      factsOf,
      trialComparisons: comparisonsOf,
      sweepComparisons: (options.sweepPairs ?? []).map((pair) => ({
        pair,
        href: encodeURI(sweepsComparisonPath(pair)),
      })),
    };
    return pageHtml({
      title: 'quantsweep',
      body: indexPage(facts, query, options),
      assets: sharedAssets('', options.mode),
    });
  }

  function renderPage(sweep: string, page: PageId): string | null {
    const facts = factsOf(sweep);
    const folder = folderOf(sweep);
    if (facts === null || folder === null) return null;
    const body = bodyOf(page, { ...facts, links: folderLinks(folder) });
    if (body === null) return null;
    const alone = page.kind === 'sweep' && options.mode === 'files';
    return pageHtml({
      title: `${titleOf(page, sweep)} · quantsweep`,
      body,
      assets: alone ? inlineAssets() : sharedAssets('../', options.mode),
    });
  }

  function renderSweeps([one, other]: readonly [string, string]): string | null {
    const [a, b] = [shownFolder.get(one), shownFolder.get(other)];
    const asked = options.sweepPairs?.some((pair) => pair[0] === a && pair[1] === b) === true;
    if (a === undefined || b === undefined || a === b || (options.mode === 'files' && !asked)) return null;
    const [factsA, factsB] = [factsOf(a), factsOf(b)];
    if (factsA === null || factsB === null) return null;
    const links = {
      index: 'index.html',
      sweep: (sweep: string) => encodeURI(`${folderName(sweep)}/${pageName.sweep}`),
      trial: (sweep: string, trial: number) => trialHref('', sweep, trial),
    };
    return pageHtml({
      title: `${a} against ${b} · quantsweep`,
      body: sweepsComparisonPage(readComparedSweeps(query, factsA, factsB, links), query, options),
      assets: sharedAssets('', options.mode),
    });
  }

  /**
   * The comparisons of trials of a sweep that the report has pages for, or that a reader of a
   * server asks for first.
   */
  function comparisonsOf(sweep: string): { readonly trials: Compared; readonly href: string }[] {
    const facts = factsOf(sweep);
    const folder = folderOf(sweep);
    if (facts === null || folder === null) return [];
    const pairs = folder.comparisons === 'any' ? usefulPairs(facts) : folder.comparisons;
    return pairs.map((trials) => ({ trials, href: encodeURI(`${folder.folder}/${pageName.comparison(trials)}`) }));
  }

  function bodyOf(page: PageId, sweep: SweepFacts): string | null {
    const trialOf = (number: number): TrialFacts | null => sweep.allTrials.find((t) => t.trial === number) ?? null;
    switch (page.kind) {
      case 'sweep':
        return sweepPage(sweep, query, options);
      case 'trial': {
        const trial = trialOf(page.trial);
        return trial === null ? null : trialPage(trialPageFacts(sweep, trial), query, options);
      }
      case 'layer': {
        const layer = sweep.layers[page.number];
        return layer === undefined ? null : layerPage(sweep, layer, query, options);
      }
      case 'comparison': {
        const [one = 0, other = 0, ...more] = page.trials;
        const hrefOf = (name: string, trial: number): string | null => trialHref('../', name, trial);
        if (more.length > 0) {
          const group = readComparedGroup(query, sweep, page.trials, hrefOf);
          return group === null ? null : groupPage(group, query, options);
        }
        const compared = readComparedTrials(query, sweep, [one, other], hrefOf);
        return compared === null ? null : comparisonPage(compared, query, options);
      }
    }
  }

  /**
   * Address of a trial's page from where `root` leads to the report's folder; null where the report
   * has none.
   */
  function trialHref(root: string, sweep: string, trial: number): string | null {
    const folder = sweeps.includes(sweep) ? folderOf(sweep) : null;
    return folder === null || (folder.trials !== 'any' && !folder.trials.has(trial))
      ? null
      : encodeURI(`${root}${folder.folder}/${pageName.trial(trial)}`);
  }

  function factsOf(sweep: string): SweepFacts | null {
    const read = known.get(sweep);
    if (read !== undefined) return read;
    const facts = readSweepFacts(query, sweep);
    known.set(sweep, facts);
    return facts;
  }

  function folderOf(sweep: string): SweepFolder | null {
    const facts = factsOf(sweep);
    const folder = folders.get(sweep);
    if (facts === null || folder === undefined) return null;
    return options.mode === 'server'
      ? { sweep, folder, trials: 'any', layers: facts.layers, comparisons: 'any' }
      : {
          sweep,
          folder,
          trials: trialsWithPages(facts),
          layers: facts.layers,
          comparisons: distinctPairs([...usefulPairs(facts), ...(options.pairs?.get(sweep) ?? [])]),
        };
  }
}

function titleOf(page: PageId, sweep: string): string {
  switch (page.kind) {
    case 'sweep':
      return sweep;
    case 'trial':
      return `trial ${page.trial} · ${sweep}`;
    case 'layer':
      return `layer ${page.number} · ${sweep}`;
    case 'comparison':
      return page.trials.length === 2
        ? `trial ${page.trials.join(' against ')} · ${sweep}`
        : `trials ${page.trials.join(', ')} · ${sweep}`;
  }
}

/** All trials, or of very many the baselines and those of the highest value. */
function trialsWithPages({ allTrials, best }: SweepFacts): ReadonlySet<number> {
  const rank = (trial: TrialFacts): number =>
    trial === best ? 2 : trial.role === 'fp32' || trial.role === 'unsmoothed' ? 1.5 : (trial.value ?? 0);
  const chosen =
    allTrials.length <= mostTrialPages
      ? allTrials
      : [...allTrials].sort((a, b) => rank(b) - rank(a) || a.position - b.position).slice(0, bestTrialPages);
  return new Set(chosen.map(({ trial }) => trial));
}

/** The pairs that a reader asks for first: the best against its unsmoothed counterpart. */
function usefulPairs({ best, trials, comparisons }: SweepFacts): Pair[] {
  if (best === null) return [];
  const unsmoothed = comparedWith({ comparisons }, best, 'unsmoothed')?.otherTrial;
  return trials.filter((trial) => trial.trial === unsmoothed).map((trial) => [best.trial, trial.trial] as const);
}

function distinctPairs(pairs: readonly Compared[]): Compared[] {
  return [...new Map(pairs.map((pair) => [pair.join(' '), pair])).values()];
}
