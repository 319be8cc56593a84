import { checkSettings } from '../sections/check-settings.js';
import { matchesRule } from './exclude-rules.js';
import type { ExcludeRule } from './exclude-rules.js';
import { blockSize, expandBlock } from './expand-grid.js';
import type { Assignment } from './expand-grid.js';
import type { Place, Problem } from '../experiment-error.js';
import { toPlain } from '../file/located-node.js';
import type { LocatedMapping } from '../file/located-node.js';
import type { Block } from './read-grid.js';
import { createSectionResolver, fileSettingsOf } from './resolve-settings.js';
import type { ResolvedSections } from './resolve-settings.js';
import type { ExpandedTrial, Settings } from '../sections/settings.js';
import { sectionNames } from '../sections/sections.js';
import type { FileSettings } from '../sections/sections.js';
import { createSettingsConverter } from '../sections/to-settings.js';

/** Most points of a grid, before rules drop any. */
export const mostTrials = 100_000;

// A mistake outside the grid is made again by each point; it was told by the first.
const mostFailedPoints = 1_000;

/** A point of the grid that becomes a trial. */
export interface ResolvedPoint {
  readonly block: number;
  readonly assignments: readonly Assignment[];
  readonly sections: ResolvedSections;
  /** In the shape of the file. */
  readonly written: FileSettings;
  readonly settings: Settings;
}

/** A grid and what its points are resolved with. */
export interface GridToResolve {
  /** The file with overrides applied. */
  readonly root: LocatedMapping;
  readonly blocks: readonly Block[];
  /** Axes that were written, without implied ones. */
  readonly axisPaths: readonly string[];
  readonly rules: readonly ExcludeRule[];
  /** An override can leave a rule without a trial to match. */
  readonly rulesMayBeIdle: boolean;
  /** Relative paths are relative to this absolute folder. */
  readonly folder: string;
  readonly gridPlace: Place;
  /** Told of each point that becomes a trial, with the index of its block; 0 without blocks. */
  readonly onTrial?: (point: ResolvedPoint) => void;
  /** Problems found so far; more are appended. */
  readonly problems: Problem[];
}

function axesOf(point: readonly Assignment[], axisPaths: readonly string[]): ExpandedTrial['axes'] {
  const own = point.filter(({ setting }) => axisPaths.includes(setting.path));
  return Object.fromEntries(own.map(({ setting, value }) => [setting.path, toPlain(value)]));
}

/**
 * The grid's trials in order, without those that rules drop; incomplete where problems were found.
 */
export function resolveGrid(grid: GridToResolve): readonly ExpandedTrial[] {
  const { root, axisPaths, rules, gridPlace, problems } = grid;
  const size = grid.blocks.reduce((sum, block) => sum + blockSize(block), 0);
  if (size > mostTrials) {
    problems.push({ place: gridPlace, field: 'grid', text: `expected at most ${mostTrials} trials, got ${size}` });
    return [];
  }
  const resolveSections = createSectionResolver(root);
  const toSettings = createSettingsConverter(grid.folder);
  // Without a grid the fixed settings are still checked, so that all problems of a file are told at
  // once.
  const points =
    grid.blocks.length === 0
      ? [{ block: 0, point: [] }]
      : grid.blocks.flatMap((each, block) => [...expandBlock(each)].map((point) => ({ block, point })));
  const trials: ExpandedTrial[] = [];
  const usedRules = new Set<ExcludeRule>();
  let failedPoints = 0;
  for (const { block, point } of points) {
    const sections = resolveSections(point);
    const settings = fileSettingsOf(sections);
    const found =
      settings === undefined
        ? sectionNames.flatMap((name) => sections[name].problems)
        : checkSettings(settings, sections);
    if (settings === undefined || found.length > 0) {
      problems.push(...found);
      if ((failedPoints += 1) >= mostFailedPoints) break;
      continue;
    }
    const matching = rules.filter((rule) => matchesRule(rule, settings));
    for (const rule of matching) usedRules.add(rule);
    if (matching.length > 0) continue;
    const own = toSettings(settings);
    grid.onTrial?.({ block, assignments: point, sections, written: settings, settings: own });
    trials.push({ role: 'candidate', settings: own, axes: axesOf(point, axisPaths) });
  }
  if (problems.length > 0) return trials;
  for (const rule of rules)
    if (!usedRules.has(rule) && !grid.rulesMayBeIdle)
      problems.push({
        place: rule.place,
        field: rule.field,
        text: 'expected a rule that drops a trial of the grid, got one that matches none',
      });
  if (trials.length === 0 && problems.length === 0)
    problems.push({
      place: gridPlace,
      field: 'grid',
      text: 'expected at least one trial, got none: rules of exclude drop all of them',
    });
  return trials;
}
