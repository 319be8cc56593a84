import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { expandRange } from '../../src/experiment/grid/decimal-range.js';
import type { DecimalRange } from '../../src/experiment/grid/decimal-range.js';
import { headerPaths, settingPaths } from '../../src/experiment/sections/setting-paths.js';
import type { SettingPath } from '../../src/experiment/sections/setting-paths.js';
import { settingRows } from '../../src/experiment/sections/setting-rows.js';
import { loadText } from './load-text.js';

const path = fileURLToPath(new URL('../../docs/EXPERIMENTS.md', import.meta.url));
/**
 * Brings the rows up to date: `UPDATE_DOCS=1 npx vitest run test/experiment/documentation.test.ts`.
 */
if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, withSettingRows(readFileSync(path, 'utf8')));
const text = readFileSync(path, 'utf8');
const settings = [...settingPaths.values(), ...headerPaths.values()];

/** Default column of each field's row. */
const documentedDefaults = new Map(
  [...text.matchAll(/^\| `([\w.]+)` \| .*? \| (.*?) \| /gm)].map(([, path, value]) => [path!, value!]),
);

/**
 * What a setting is where nothing is written, as the schema has it; undefined where it is required.
 */
function defaultOf(setting: SettingPath): unknown {
  const results = setting.schemas.map((schema) => schema.safeParse(undefined));
  return results.every(({ success }) => success) ? results[0]!.data : undefined;
}

function readDefault(cell: string, setting: SettingPath): unknown {
  if (cell === 'required') return undefined;
  const value: unknown = parse(cell.replace(/^`|`$/g, ''));
  const isRange = setting.allowsRange && !Array.isArray(value);
  return isRange ? expandRange(value as DecimalRange) : value;
}

/**
 * The text with every row of a setting as {@link settingRows} has it, but for what the page adds at
 * its end; a row that is missing follows that of the setting before.
 */
function withSettingRows(page: string): string {
  const lines = page.split('\n');
  let before = -1;
  for (const [setting, row] of settingRows()) {
    const at = lines.findIndex((line) => line.startsWith(`| \`${setting}\` |`));
    if (setting === 'name') continue;
    if (at < 0) lines.splice(before + 1, 0, row);
    else if (!lines[at]!.startsWith(row.slice(0, -1))) lines[at] = row;
    before = at >= 0 ? at : before + 1;
  }
  return lines.join('\n');
}

describe('docs/EXPERIMENTS.md', () => {
  it('has the rows that follow from the sections', () => {
    expect(text === withSettingRows(text), 'run UPDATE_DOCS=1 npx vitest run test/experiment').toBe(true);
  });

  const complete = [...text.matchAll(/^```yaml complete\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);

  it('has three complete experiments', () => {
    expect(complete).toHaveLength(3);
  });

  it.each([
    ['the shortest file', 0, 5],
    // zip 2 x alpha 3 x exclude 2 = 12, less 2 alphas x 2 at 4 bits; 2 dynamic; unsmoothed 4 bits x
    // 2 + 8 bits x 2 + dynamic's own; fp32.
    ['the grid', 1, 8 + 2 + 5 + 1],
    ['the detector', 2, 9 + 2],
  ])('%s loads', (_, index, trials) => {
    expect(loadText(complete[index]!).trials).toHaveLength(trials);
  });

  it.each(settings.map((setting) => [setting.path, setting] as const))('documents %s', (name, setting) => {
    const cell = documentedDefaults.get(name);
    expect(cell).toBeDefined();
    if (name === 'name') expect(cell).toBe('name of the file');
    else expect(readDefault(cell!, setting)).toEqual(defaultOf(setting));
  });

  it('documents no setting that does not exist', () => {
    const known = new Set([...settings.map(({ path }) => path), 'version', 'grid', 'exclude']);
    const words = new Set([
      ...['cifar10', 'npy', 'npz', 'idx', 'npyFolder', 'imageFolder', 'wavFolder', 'synthetic', 'module'],
      ...['classification', 'centerDetection', 'fidelity', 'command'],
    ]);
    expect([...documentedDefaults.keys()].filter((path) => !known.has(path) && !words.has(path))).toEqual([]);
  });
});
