import { chartLibrary, chartLicences } from '../../browser/chart-library.js';
import { clientScript } from '../../browser/client-script.js';
import { liveStyle } from './live-style.js';
import type { InlineAssets, SharedAssets } from './page-html.js';
import { explorerStyle } from './explorer-style.js';
import { pageStyle } from './page-style.js';

const style = `${pageStyle}\n${explorerStyle}`;

/** Whether pages are files that are passed on, or come from a server that they ask for news. */
export type PageMode = 'files' | 'server';

/**
 * Files that the pages of a report share, by path from its folder, in the order in which scripts
 * run.
 */
const texts: Readonly<Record<string, (mode: PageMode) => string | null>> = {
  'assets/quantsweep.css': (mode) => (mode === 'server' ? `${style}\n${liveStyle}` : style),
  'assets/vega.js': chartLibrary,
  'assets/live.js': (mode) => (mode === 'server' ? clientScript('live') : null),
  'assets/quantsweep.js': () => clientScript('page'),
};

/** The text of a shared file; null for a path that is none. */
export function assetText(path: string, mode: PageMode): string | null {
  return Object.hasOwn(texts, path) ? texts[path]!(mode) : null;
}

/** Paths of the shared files from the report's folder. */
export function assetPaths(mode: PageMode): string[] {
  return Object.keys(texts).filter((path) => path !== 'assets/live.js' || mode === 'server');
}

/** Style and scripts of a page that shares them, from where `root` leads to the report's folder. */
export function sharedAssets(root: string, mode: PageMode): SharedAssets {
  const [style = '', ...scripts] = assetPaths(mode).map((path) => `${root}${path}`);
  return { kind: 'shared', style, scripts, live: mode === 'server' };
}

/** Style and scripts for a page that is passed on alone. */
export function inlineAssets(): InlineAssets {
  return {
    kind: 'inline',
    style,
    scripts: [chartLibrary(), clientScript('page')],
    licences: chartLicences(),
  };
}
