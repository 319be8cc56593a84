import type { Report } from './axis-values.js';
import type { LocatedNode } from '../file/located-node.js';
import type { Axis, Block } from './read-grid.js';
import { findSetting } from '../sections/setting-paths.js';
import type { SettingPath } from '../sections/setting-paths.js';

/** One setting of one point of the grid. */
export interface Assignment {
  readonly setting: SettingPath;
  readonly value: LocatedNode;
}

/** Modes that have no alpha of their own, and why. */
const reasonsAgainstAlpha = new Map([
  ['dynamic', 'searches alpha in search.candidates'],
  ['none', 'has no alpha'],
  ['cle', 'equalizes weights without one'],
]);

/**
 * Gives a block with an axis `smoothing.alpha` and no `smoothing.mode` the mode `static`. A block
 * with both must be static throughout: other modes have no alpha of their own, and their product
 * with alphas would be one trial many times.
 */
export function impliedMode(block: Block, report: Report): Block {
  const columns = block.axes.flatMap((axis) => axis.settings.map((setting, column) => ({ axis, setting, column })));
  const alpha = columns.find(({ setting }) => setting.path === 'smoothing.alpha');
  if (alpha === undefined) return block;
  const alphaPlace = alpha.axis.keyPlaces[alpha.column]!;
  const mode = columns.find(({ setting }) => setting.path === 'smoothing.mode');
  if (mode === undefined) {
    const value: LocatedNode = { kind: 'scalar', value: 'static', place: alphaPlace };
    const axis = { settings: [findSetting('smoothing.mode')!], keyPlaces: [alphaPlace], rows: [[value]] };
    return { ...block, axes: [...block.axes, axis] };
  }
  for (const row of mode.axis.rows) {
    const node = row[mode.column]!;
    const why = node.kind === 'scalar' ? reasonsAgainstAlpha.get(String(node.value)) : undefined;
    if (node.kind !== 'scalar' || why === undefined) continue;
    const advice = 'put it in a block of its own';
    report(
      alphaPlace,
      'smoothing.alpha',
      `expected no alpha beside smoothing.mode ${String(node.value)}, which ${why}: ${advice}`,
    );
    break;
  }
  return block;
}

/** Number of trials of a block before rules: the product of its axes. */
export function blockSize(block: Block): number {
  return block.axes.reduce((product, axis) => product * axis.rows.length, 1);
}

/** The points of a block in order: the first axis slowest, the last fastest. */
export function* expandBlock(block: Block): Generator<readonly Assignment[]> {
  const { axes } = block;
  const size = blockSize(block);
  for (let point = 0; point < size; point += 1) {
    let rest = point;
    const chosen: (readonly Assignment[])[] = [];
    for (let index = axes.length - 1; index >= 0; index -= 1) {
      const axis: Axis = axes[index]!;
      const row = axis.rows[rest % axis.rows.length]!;
      rest = Math.floor(rest / axis.rows.length);
      chosen.unshift(axis.settings.map((setting, column) => ({ setting, value: row[column]! })));
    }
    yield chosen.flat();
  }
}
