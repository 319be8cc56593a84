import type { Override } from '../file/parse-overrides.js';
import type { Axis, Block } from './read-grid.js';

const alphaPath = 'smoothing.alpha';
const modePath = 'smoothing.mode';

function hasSetting(block: Block, path: string): boolean {
  return block.axes.some((axis) => axis.settings.some((setting) => setting.path === path));
}

function withoutSetting(axis: Axis, path: string): Axis {
  const keep = axis.settings.flatMap((setting, column) => (setting.path === path ? [] : [column]));
  return {
    settings: keep.map((column) => axis.settings[column]!),
    keyPlaces: keep.map((column) => axis.keyPlaces[column]!),
    rows: axis.rows.map((row) => keep.map((column) => row[column]!)),
  };
}

/** Whether every value of `smoothing.mode` that the block names is static, or it names none. */
function mayHaveAlpha(block: Block): boolean {
  const modes = block.axes.flatMap((axis) =>
    axis.rows.flatMap((row) => row.filter((_, column) => axis.settings[column]!.path === modePath)),
  );
  return modes.every((mode) => mode.kind === 'scalar' && mode.value === 'static');
}

function overrideBlock(block: Block, override: Override): Block {
  const { path } = override.setting;
  const own: Axis = {
    settings: [override.setting],
    keyPlaces: [override.place],
    rows: override.values.map((value) => [value]),
  };
  if (hasSetting(block, path)) {
    const axes = block.axes.flatMap((axis) => {
      if (!axis.settings.some((setting) => setting.path === path)) return [axis];
      const rest = withoutSetting(axis, path);
      return rest.settings.length === 0 ? [own] : [rest, own];
    });
    return { ...block, axes };
  }
  const isAdded =
    path === alphaPath
      ? override.isAxis && mayHaveAlpha(block)
      : override.isAxis || (path === modePath && hasSetting(block, alphaPath));
  return isAdded ? { ...block, axes: [...block.axes, own] } : block;
}

/**
 * Applies overrides to every block: an axis (or a column of a zip) of the same setting is replaced;
 * a list or range is added as an axis where the block has none, `smoothing.alpha` only to blocks
 * that are static. `smoothing.mode` is added to blocks that mean static by having an alpha axis, so
 * that the override is never passed over.
 */
export function overrideGrid(blocks: readonly Block[], overrides: readonly Override[]): readonly Block[] {
  const settings = overrides.filter((override) => override.kind === 'setting');
  return blocks.map((block) => settings.reduce(overrideBlock, block));
}
