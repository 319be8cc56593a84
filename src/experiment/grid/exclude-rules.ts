import { readAxisValues, readSettingPath } from './axis-values.js';
import type { Report } from './axis-values.js';
import { describeValue } from '../experiment-error.js';
import type { Place } from '../experiment-error.js';
import { toPlain } from '../file/located-node.js';
import type { LocatedNode } from '../file/located-node.js';
import type { SettingPath } from '../sections/setting-paths.js';
import type { FileSettings } from '../sections/sections.js';

/** A rule of `exclude`: a trial that has one of the values of every setting is dropped. */
export interface ExcludeRule {
  readonly conditions: readonly { readonly setting: SettingPath; readonly values: readonly unknown[] }[];
  readonly place: Place;
  readonly field: string;
}

/**
 * The rules of `exclude`: a list of mappings from setting paths to a value, a list of values or a
 * range.
 */
export function readExclude(node: LocatedNode | undefined, report: Report): readonly ExcludeRule[] {
  if (node === undefined) return [];
  if (node.kind !== 'list') {
    report(node.place, 'exclude', `expected a list of rules, got ${describeValue(toPlain(node))}`);
    return [];
  }
  return node.items.flatMap((rule, index) => {
    const field = `exclude[${index}]`;
    if (rule.kind !== 'mapping' || rule.entries.size === 0) {
      report(rule.place, field, `expected a mapping of setting paths to values, got ${describeValue(toPlain(rule))}`);
      return [];
    }
    const conditions = [...rule.entries].flatMap(([path, entry]) => {
      const setting = readSettingPath(path, entry.keyPlace, `${field}.${path}`, report);
      if (setting === undefined) return [];
      const values = readAxisValues(entry.node, setting, report).map((value) => asParsed(toPlain(value), setting));
      return [{ setting, values }];
    });
    return [{ conditions, place: rule.place, field }];
  });
}

/**
 * The value as trials have it, with the defaults inside filled in (a rule of `layers.rules`); as it
 * is where it is none.
 */
function asParsed(value: unknown, { schemas }: SettingPath): unknown {
  for (const schema of schemas) {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
  }
  return value;
}

function valueAt(settings: FileSettings, setting: SettingPath): unknown {
  // Alpha exists only where it is used: its default must not make a rule for static trials match a
  // dynamic one.
  if (setting.path === 'smoothing.alpha' && settings.smoothing.mode !== 'static') return undefined;
  return setting.segments.reduce<unknown>(
    (value, segment) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[segment] : undefined,
    settings,
  );
}

/** Whether the trial has one of the rule's values at every setting that the rule names. */
export function matchesRule(rule: ExcludeRule, settings: FileSettings): boolean {
  return rule.conditions.every(({ setting, values }) => {
    const own = JSON.stringify(valueAt(settings, setting));
    return values.some((value) => JSON.stringify(value) === own);
  });
}
