import { readAxisValues } from '../grid/axis-values.js';
import type { Report } from '../grid/axis-values.js';
import { ExperimentError, describeValue } from '../experiment-error.js';
import type { Place } from '../experiment-error.js';
import { findYamlComment } from './find-yaml-comment.js';
import type { LocatedNode } from './located-node.js';
import { didYouMean } from '../../text/nearest-name.js';
import { readYaml } from './read-yaml.js';
import type { YamlOrigin } from './read-yaml.js';
import { findSetting, headerPaths, settingPaths } from '../sections/setting-paths.js';
import type { SettingPath } from '../sections/setting-paths.js';
import { withTypedPaths } from './typed-paths.js';

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

function isSeveral(node: LocatedNode, setting: SettingPath): boolean {
  if (node.kind === 'scalar') return false;
  if (node.kind === 'mapping' && setting.isMapping) return false;
  if (!setting.holdsList) return true;
  const isInner = (item: LocatedNode): boolean =>
    item.kind === 'scalar' || (item.kind === 'mapping' && setting.holdsMappings);
  return node.kind === 'list' && !node.items.every(isInner);
}

/**
 * What stands in front of the first `=`; a colon at its end asks for YAML, whatever the setting is.
 */
function splitOption(text: string): { path: string; valueText: string; isYaml: boolean } | undefined {
  const split = text.indexOf('=');
  const left = split < 0 ? '' : text.slice(0, split).trim();
  const isYaml = left.endsWith(':');
  const path = isYaml ? left.slice(0, -1).trim() : left;
  return path === '' ? undefined : { path, valueText: text.slice(split + 1), isYaml };
}

/**
 * The value of an option. Of text nothing is cut, trimmed or converted: ` #` begins no comment,
 * `007` is no number. What is read as YAML has no comments either: in an option they would hide the
 * end of a value.
 */
function readValue(valueText: string, setting: SettingPath, isYaml: boolean, place: Place & YamlOrigin): LocatedNode {
  if (setting.isText && !isYaml) {
    const isAbsent = valueText === '' && setting.mayBeNull;
    return { kind: 'scalar', value: isAbsent ? null : valueText, place };
  }
  const comment = findYamlComment(valueText);
  if (comment !== null) {
    const text = `expected a value without a comment, got ${describeValue(comment)}; put text with # in quotes`;
    throw new ExperimentError([{ place, field: setting.path, text }]);
  }
  return readYaml(valueText.trim(), place, setting.holdsTexts ? 'texts' : 'values');
}

function parseOverride(text: string, report: Report): Override | undefined {
  const place: Place & YamlOrigin = { kind: 'option', option: `--set ${text}` };
  const option = splitOption(text);
  if (option === undefined) {
    report(place, '', `expected path=value, such as smoothing.alpha=0.5, got "${text}"`);
    return undefined;
  }
  const { path, valueText, isYaml } = option;
  const header = headerPaths.get(path);
  const setting = header ?? findSetting(path);
  if (setting === undefined) {
    const known = [...settingPaths.keys(), ...headerPaths.keys()];
    const inside = known.find((candidate) => candidate.startsWith(`${path}.`));
    const hint = inside === undefined ? didYouMean(path, known) : ` (set one of its settings, e.g. "${inside}")`;
    report(place, path, `expected the dotted path of a setting, got "${path}"${hint}`);
    return undefined;
  }
  const node = readValue(valueText, setting, isYaml, place);
  const isAxis = header === undefined && isSeveral(node, setting);
  const values = isAxis ? readAxisValues(node, setting, report) : [node];
  return {
    setting,
    kind: header === undefined ? 'setting' : 'header',
    values: values.map((value) => withTypedPaths(value, setting.schemas)),
    isAxis,
    place,
  };
}

/**
 * Reads `--set path=value` options. The setting's type says how: text is taken as typed, the items
 * of a list of texts too, anything else is YAML, as is every value of `path:=value`. A list or
 * range given for a setting of one value makes the setting an axis. Relative paths are resolved
 * against the current folder. Of several for one path the last counts.
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
