import type { PageLinks } from './page-links.js';

/** Two trials of a sweep, or what names them. */
export type Pair = readonly [number, number];

/** Two trials or more that a page compares. Several are tested against the first. */
export type Compared = readonly number[];

/** Trials of one comparison at most: their numbers are its file name, of 255 bytes at most. */
export const mostCompared = 40;

/** What names a layer of a sweep. */
export interface LayerPlace {
  readonly model: string;
  readonly position: number;
}

/**
 * Which pages a sweep has in a report of several pages. Addresses are stable: they depend on names
 * and numbers alone.
 */
export interface SweepFolder {
  readonly sweep: string;
  /** Folder of its pages, one path segment. */
  readonly folder: string;
  /** Trials with a page. */
  readonly trials: 'any' | ReadonlySet<number>;
  /** The layers, each with a page, by number of the page. */
  readonly layers: readonly LayerPlace[];
  /** Trials that a page compares. */
  readonly comparisons: 'any' | readonly Compared[];
}

/** File name of each page of a sweep, within its folder. */
export const pageName = {
  sweep: 'index.html',
  trial: (trial: number): string => `trial-${trial}.html`,
  layer: (number: number): string => `layer-${number}.html`,
  comparison: (trials: Compared): string => `compare-${trials.join('-')}.html`,
} as const;

/** A page of a sweep's folder, as its file name says. */
export type PageId =
  | { readonly kind: 'sweep' }
  | { readonly kind: 'trial'; readonly trial: number }
  | { readonly kind: 'layer'; readonly number: number }
  | { readonly kind: 'comparison'; readonly trials: Compared };

/** The inverse of {@link pageName}; null for a name that no page has. */
export function parsePageName(name: string): PageId | null {
  if (name === pageName.sweep) return { kind: 'sweep' };
  const [, kind, list] = /^(trial|layer|compare)-(\d{1,15}(?:-\d{1,15})*)\.html$/.exec(name) ?? [];
  const numbers = list?.split('-').map(Number) ?? [];
  const [one, ...others] = numbers;
  if (one === undefined || (kind === 'compare') !== others.length > 0) return null;
  if (kind === 'trial') return { kind, trial: one };
  if (kind === 'layer') return { kind, number: one };
  return isComparable(numbers) ? { kind: 'comparison', trials: numbers } : null;
}

/** True of trials that a page can compare: two, or up to {@link mostCompared} different ones. */
export function isComparable(trials: Compared): boolean {
  return trials.length === 2 || (trials.length <= mostCompared && new Set(trials).size === trials.length);
}

/** Links among the pages of a sweep's folder. */
export function folderLinks({ trials, layers, comparisons }: SweepFolder): PageLinks {
  const numbers = new Map(layers.map((layer, number) => [layerKey(layer.model, layer.position), number]));
  const oneModel = new Set(layers.map((layer) => layer.model)).size === 1;
  const pairs = comparisons === 'any' ? 'any' : new Set(comparisons.map((trials) => trials.join(' ')));
  return {
    index: '../index.html',
    sweep: pageName.sweep,
    trial: (trial) => (trials === 'any' || trials.has(trial) ? pageName.trial(trial) : null),
    layer: (model, position) => {
      const number = numbers.get(layerKey(model, position));
      return number === undefined ? null : pageName.layer(number);
    },
    comparison: (trial, other) =>
      pairs === 'any' || pairs.has(`${trial} ${other}`) ? pageName.comparison([trial, other]) : null,
    ofRows: {
      trials: trials === 'any' ? 'any' : [...trials],
      layers: oneModel ? Object.fromEntries(layers.map(({ position }, number) => [position, number])) : null,
      comparisons,
    },
  };
}

function layerKey(model: string, position: number): string {
  return `${position} ${model}`;
}

/**
 * A folder for each sweep, in the given order: its name with dashes for what file systems mind,
 * numbered where two would meet.
 */
export function folderNames(sweeps: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(['assets', 'index.html']);
  return new Map(
    sweeps.map((sweep) => {
      const base = fileName(sweep);
      let folder = base;
      for (let number = 2; taken.has(folder.toLowerCase()); number += 1) folder = `${base}-${number}`;
      taken.add(folder.toLowerCase());
      return [sweep, folder];
    }),
  );
}

/**
 * A sweep's name as a file name: what is not a letter, digit, dot, dash or underscore becomes a
 * dash.
 */
export function fileName(sweep: string): string {
  const name = sweep
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[.-]+/, '')
    .replace(/[.-]+$/, '')
    .slice(0, 80);
  return name === '' ? 'sweep' : name;
}

/**
 * File name of the comparison of two sweeps, beside the index: `compare-one+other.html`. Folders
 * hold no plus sign, so that it names two of them, and no folder has its name.
 */
export function sweepsComparisonName(folder: string, other: string): string {
  return `compare-${folder}+${other}.html`;
}

/** The inverse of {@link sweepsComparisonName}; null for a name that no such page has. */
export function parseSweepsComparison(name: string): readonly [string, string] | null {
  const [, one, other] = /^compare-([^+/]+)\+([^+/]+)\.html$/.exec(name) ?? [];
  return one === undefined || other === undefined ? null : [one, other];
}
