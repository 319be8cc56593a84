import { expandRange } from './decimal-range.js';
import { describeValue } from '../experiment-error.js';
import type { Place, Problem } from '../experiment-error.js';
import { entryOf, toPlain } from '../file/located-node.js';
import type { LocatedMapping, LocatedNode } from '../file/located-node.js';
import { didYouMean } from '../../text/nearest-name.js';
import { findSetting, settingPaths } from '../sections/setting-paths.js';
import type { SettingPath } from '../sections/setting-paths.js';

/** Collects problems while reading; a value that can't be read leaves nothing behind. */
export type Report = (place: Place, field: string, text: string) => void;

/** A report that appends to a list of problems. */
export function reportInto(problems: Problem[]): Report {
  return (place, field, text) => {
    problems.push({ place, field, text });
  };
}

/** The values of a `{from, to, step}` mapping, each placed at the mapping. */
export function readRange(node: LocatedMapping, field: string, report: Report): readonly LocatedNode[] {
  const parts = ['from', 'to', 'step'] as const;
  for (const [key, entry] of node.entries)
    if (!parts.some((part) => part === key)) {
      report(
        entry.keyPlace,
        `${field}.${key}`,
        `expected a range {from, to, step}, got the key "${key}"${didYouMean(key, parts)}`,
      );
      return [];
    }
  const numbers: number[] = [];
  for (const part of parts) {
    const entry = entryOf(node, part);
    const value = entry === undefined ? undefined : toPlain(entry.node);
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      report(entry?.node.place ?? node.place, `${field}.${part}`, `expected a number, got ${describeValue(value)}`);
      return [];
    }
    numbers.push(value);
  }
  const [from, to, step] = numbers as [number, number, number];
  const values = expandRange({ from, to, step });
  if ('part' in values) {
    const place = entryOf(node, values.part)!.node.place;
    report(place, `${field}.${values.part}`, `expected ${values.expected}, got ${values.got}`);
    return [];
  }
  return values.map((value) => ({ kind: 'scalar', value, place: node.place }));
}

/**
 * The values of an axis, an override or a rule: a scalar is one value, a list is several, a range
 * is its numbers (also inside a list). For a setting that is itself a list, a range is one value
 * and a list holds lists.
 */
export function readAxisValues(node: LocatedNode, setting: SettingPath, report: Report): readonly LocatedNode[] {
  const field = setting.path;
  if (node.kind === 'scalar') return [node];
  if (node.kind === 'mapping') return setting.holdsList ? [node] : readRange(node, field, report);
  if (node.items.length === 0) report(node.place, field, 'expected at least one value, got an empty list');
  return node.items.flatMap((item) => {
    if (!setting.holdsList) return item.kind === 'mapping' ? readRange(item, field, report) : [item];
    const isInner = item.kind === 'scalar' ? item.value !== null : item.kind === 'mapping' && setting.holdsMappings;
    if (!isInner) return [item];
    const got = describeValue(toPlain(item));
    report(item.place, field, `expected a list as each value of the axis (the setting is a list), got ${got}`);
    return [];
  });
}

/** The setting that a key of a block or rule names; reports where there is none. */
export function readSettingPath(path: string, place: Place, field: string, report: Report): SettingPath | undefined {
  const setting = findSetting(path);
  if (setting !== undefined) return setting;
  const inside = [...settingPaths.keys()].find((candidate) => candidate.startsWith(`${path}.`));
  const hint = inside === undefined ? didYouMean(path, [...settingPaths.keys()]) : ` (write e.g. "${inside}")`;
  report(place, field, `expected the dotted path of a setting, got "${path}"${hint}`);
  return undefined;
}
