import { readAxisValues, readSettingPath } from './axis-values.js';
import type { Report } from './axis-values.js';
import { describeValue } from '../experiment-error.js';
import type { Place } from '../experiment-error.js';
import { toPlain } from '../file/located-node.js';
import type { LocatedNode } from '../file/located-node.js';
import type { SettingPath } from '../sections/setting-paths.js';

/** Settings that move together: one for an ordinary axis, several for a zip. */
export interface Axis {
  readonly settings: readonly SettingPath[];
  /** One row per value, one node per setting. */
  readonly rows: readonly (readonly LocatedNode[])[];
  /** Where each setting's path was written. */
  readonly keyPlaces: readonly Place[];
}

/** One block of the grid: the product of its axes. */
export interface Block {
  readonly axes: readonly Axis[];
  readonly place: Place;
}

function readZip(node: LocatedNode, field: string, report: Report): Axis | undefined {
  if (node.kind !== 'mapping' || node.entries.size === 0) {
    report(node.place, field, `expected a mapping of setting paths to lists, got ${describeValue(toPlain(node))}`);
    return undefined;
  }
  const columns = [...node.entries].flatMap(([path, { keyPlace, node: values }]) => {
    const setting = readSettingPath(path, keyPlace, `${field}.${path}`, report);
    return setting ? [{ setting, keyPlace, place: values.place, values: readAxisValues(values, setting, report) }] : [];
  });
  const first = columns[0];
  if (first === undefined) return undefined;
  for (const column of columns)
    if (column.values.length !== first.values.length) {
      const expected = `as many values as ${first.setting.path} has (${first.values.length})`;
      report(column.place, `${field}.${column.setting.path}`, `expected ${expected}, got ${column.values.length}`);
      return undefined;
    }
  return {
    settings: columns.map(({ setting }) => setting),
    keyPlaces: columns.map(({ keyPlace }) => keyPlace),
    rows: first.values.map((_, row) => columns.map(({ values }) => values[row]!)),
  };
}

function readBlock(node: LocatedNode, field: string, report: Report): readonly Block[] {
  if (node.kind !== 'mapping' || node.entries.size === 0) {
    const got = node.kind === 'mapping' ? 'an empty mapping' : describeValue(toPlain(node));
    report(
      node.place,
      field,
      `expected a mapping of setting paths to values, such as "smoothing.alpha: [0.25, 0.5]", got ${got}`,
    );
    return [];
  }
  const axes: Axis[] = [];
  for (const [key, { keyPlace, node: value }] of node.entries) {
    if (key === 'zip') {
      const zips = value.kind === 'list' ? value.items : [value];
      axes.push(...zips.flatMap((zip) => readZip(zip, `${field}.zip`, report) ?? []));
      continue;
    }
    const setting = readSettingPath(key, keyPlace, `${field}.${key}`, report);
    if (setting === undefined) continue;
    const rows = readAxisValues(value, setting, report).map((each) => [each]);
    axes.push({ settings: [setting], keyPlaces: [keyPlace], rows });
  }
  const seen = new Set<string>();
  for (const axis of axes)
    for (const [column, { path }] of axis.settings.entries()) {
      if (seen.has(path))
        report(axis.keyPlaces[column]!, `${field}.${path}`, 'expected each setting once in a block, got it again');
      seen.add(path);
    }
  // An axis without values was reported; the rest of the block is still worth checking.
  return [{ axes: axes.filter((axis) => axis.rows.length > 0), place: node.place }];
}

/** The blocks of `grid`: a list of mappings, or a single mapping. */
export function readGrid(node: LocatedNode | undefined, around: Place, report: Report): readonly Block[] {
  const advice = 'add a block such as "- smoothing.alpha: [0.25, 0.5, 0.75]"';
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) {
    report(node?.place ?? around, 'grid', `expected at least one block, got nothing: ${advice}`);
    return [];
  }
  if (node.kind === 'list' && node.items.length === 0)
    report(node.place, 'grid', `expected at least one block, got an empty list: ${advice}`);
  const blocks = node.kind === 'list' ? node.items : [node];
  return blocks.flatMap((block, index) => readBlock(block, node.kind === 'list' ? `grid[${index}]` : 'grid', report));
}
