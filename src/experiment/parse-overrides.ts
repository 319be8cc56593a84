import { resolve } from 'node:path';
import { readAxisValues } from './axis-values.js';
import type { Report } from './axis-values.js';
import { ExperimentError } from './experiment-error.js';
import type { Place } from './experiment-error.js';
import type { LocatedNode } from './located-node.js';
import { didYouMean } from './nearest-name.js';
import { readYaml } from './read-yaml.js';
import { findSetting, headerPaths, settingPaths } from './setting-paths.js';
import type { SettingPath } from './setting-paths.js';

/** One `--set path=value`, read. */
export interface Override {
  readonly setting: SettingPath;
  /** `header`: name, question, baselines, run. `setting`: anything that an axis can be. */
  readonly kind: 'header' | 'setting';
  /** One value, or several where a list or a range was given for a setting that holds one value. */
  readonly values: readonly LocatedNode[];
  /** Several values: the setting becomes an axis. */
  readonly isAxis: boolean;
  readonly place: Place;
}

function accepts(setting: SettingPath, value: unknown): boolean {
  return setting.schemas.some((schema) => schema.safeParse(value).success);
}

/** Text settings take what was typed, also where YAML would read a number or a truth value (`--set name=2024`). */
function asTyped(node: LocatedNode, text: string, setting: SettingPath): LocatedNode {
  if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'string') return node;
  if (accepts(setting, node.value) || !accepts(setting, text)) return node;
  return { ...node, value: text };
}

/** Paths typed on a command line mean the current folder, not the folder of the experiment file. */
function fromCurrentFolder(node: LocatedNode, setting: SettingPath): LocatedNode {
  if (!setting.isFile || node.kind !== 'scalar' || typeof node.value !== 'string' || node.value === '') return node;
  return { ...node, value: resolve(node.value) };
}

function isSeveral(node: LocatedNode, setting: SettingPath): boolean {
  if (node.kind === 'scalar') return false;
  if (!setting.holdsList) return true;
  const isInner = (item: LocatedNode): boolean =>
    item.kind === 'scalar' || (item.kind === 'mapping' && setting.holdsMappings);
  return node.kind === 'list' && !node.items.every(isInner);
}

function parseOverride(text: string, report: Report): Override | undefined {
  const place: Place = { kind: 'option', option: `--set ${text}` };
  const split = text.indexOf('=');
  if (split <= 0) {
    report(place, '', `expected path=value, such as smoothing.alpha=0.5, got "${text}"`);
    return undefined;
  }
  const path = text.slice(0, split).trim();
  const header = headerPaths.get(path);
  const setting = header ?? findSetting(path);
  if (setting === undefined) {
    const known = [...settingPaths.keys(), ...headerPaths.keys()];
    const inside = known.find((candidate) => candidate.startsWith(`${path}.`));
    const hint = inside === undefined ? didYouMean(path, known) : ` (set one of its settings, e.g. "${inside}")`;
    report(place, path, `expected the dotted path of a setting, got "${path}"${hint}`);
    return undefined;
  }
  const valueText = text.slice(split + 1).trim();
  const isVerbatim = header !== undefined && accepts(setting, valueText) && !/^(?:null|~|["'].*)?$/s.test(valueText);
  const node: LocatedNode = isVerbatim
    ? { kind: 'scalar', value: valueText, place }
    : asTyped(readYaml(valueText, place), valueText, setting);
  const isAxis = header === undefined && isSeveral(node, setting);
  const values = isAxis ? readAxisValues(node, setting, report) : [node];
  return {
    setting,
    kind: header === undefined ? 'setting' : 'header',
    values: values.map((value) => fromCurrentFolder(value, setting)),
    isAxis,
    place,
  };
}

/**
 * Reads `--set path=value` options. A value is read as YAML; a list or range given for a setting of one value makes
 * the setting an axis. Relative paths are resolved against the current folder. Of several for one path the last counts.
 */
export function parseOverrides(texts: readonly string[], report: Report): readonly Override[] {
  const byPath = new Map<string, Override>();
  for (const text of texts) {
    try {
      const override = parseOverride(text, report);
      if (override !== undefined) byPath.set(override.setting.path, override);
    } catch (error) {
      if (!(error instanceof ExperimentError)) throw error;
      for (const problem of error.problems) report(problem.place, problem.field, problem.text);
    }
  }
  return [...byPath.values()];
}
