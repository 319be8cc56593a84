import { dirname, resolve } from 'node:path';
import { reportInto } from './grid/axis-values.js';
import { collectTrials } from './grid/collect-trials.js';
import { readExclude } from './grid/exclude-rules.js';
import { impliedMode } from './grid/expand-grid.js';
import { ExperimentError, describeValue } from './experiment-error.js';
import type { Problem } from './experiment-error.js';
import { explainIssues } from './explain-issue.js';
import { headerSchemas } from './file/header-schema.js';
import { frontierOf, obstacleToFrontier, withFrontier } from './frontier-trials.js';
import { entryOf, nodeAt, toPlain, withNodeAt } from './file/located-node.js';
import type { LocatedMapping, LocatedNode } from './file/located-node.js';
import { didYouMean } from '../text/nearest-name.js';
import { overrideGrid } from './grid/override-grid.js';
import { IdleSettings } from './sections/idle-settings.js';
import { SettingSources } from './file/setting-sources.js';
import { parseOverrides } from './file/parse-overrides.js';
import type { Override } from './file/parse-overrides.js';
import { readGrid } from './grid/read-grid.js';
import { readHeader } from './file/read-header.js';
import { readYaml } from './file/read-yaml.js';
import { resolveGrid } from './grid/resolve-grid.js';
import { settingPaths } from './sections/setting-paths.js';
import type { Experiment } from './sections/settings.js';
import { sectionNames } from './sections/sections.js';

export const LARGEST_EXPERIMENT_BYTES = 1_000_000;
const topLevelKeys = [...Object.keys(headerSchemas), ...sectionNames, 'grid', 'exclude'];

function readRoot(text: string, file: string): LocatedMapping {
  const start = { kind: 'file', file, line: 1, column: 1 } as const;
  const fail = (problem: string): never => {
    throw new ExperimentError([{ place: start, field: '', text: problem }]);
  };
  const bytes = Buffer.byteLength(text);
  if (bytes > LARGEST_EXPERIMENT_BYTES)
    fail(`expected an experiment file of at most ${LARGEST_EXPERIMENT_BYTES} bytes, got ${bytes}`);
  const root = readYaml(text, { kind: 'file', file });
  if (root.kind !== 'mapping')
    return fail(`expected an experiment (a mapping with model, data, task, grid), got ${describeValue(toPlain(root))}`);
  return root;
}

/**
 * Applies overrides of one value and writes `task: classification` out as
 * `task: {kind: classification}`.
 */
function withFixedValues(root: LocatedMapping, overrides: readonly Override[]): LocatedMapping {
  const task = entryOf(root, 'task');
  const written: LocatedNode =
    task?.node.kind === 'scalar'
      ? withNodeAt(root, ['task'], {
          kind: 'mapping',
          entries: new Map([['kind', task]]),
          place: task.node.place,
        })
      : root;
  const fixed = overrides.filter((override) => !override.isAxis);
  // Replacing a value inside a mapping leaves it a mapping.
  return fixed.reduce(
    (node, { setting, values }) => withNodeAt(node, setting.segments, values[0]!),
    written,
  ) as LocatedMapping;
}

/**
 * Fixed values that every block replaces are never used, but a mistake in one is still a mistake.
 */
function checkReplacedValues(root: LocatedMapping, axisPaths: readonly string[]): readonly Problem[] {
  return axisPaths.flatMap((path) => {
    const { segments, schemas } = settingPaths.get(path)!;
    const node = nodeAt(root, segments);
    if (node === undefined || node.kind === 'mapping') return [];
    const results = schemas.map((schema) => ({ schema, result: schema.safeParse(toPlain(node)) }));
    if (results.some(({ result }) => result.success)) return [];
    const { schema, result } = results[0]!;
    const refused = { field: path, schema, node, around: node.place };
    return explainIssues(result.error!.issues, refused);
  });
}

/**
 * Loads an experiment file: text -> YAML with places -> overrides -> grid of points -> settings of
 * each point -> rules -> trials, baselines first.
 *
 * @param path the file, as messages shall name it; relative paths inside it are relative to its
 *   folder
 * @param overrides `path=value` of each `--set`; relative paths in them are relative to the current
 *   folder
 * @param readText returns the text of the file; its errors pass through
 * @throws {ExperimentError} with everything that is wrong
 */
export function loadExperiment(
  path: string,
  overrides: readonly string[],
  readText: (path: string) => string,
): Experiment {
  const absolutePath = resolve(path);
  const yaml = readText(path);
  const file = readRoot(yaml, path);
  const problems: Problem[] = [];
  const report = reportInto(problems);

  for (const [key, { keyPlace }] of file.entries)
    if (!topLevelKeys.includes(key))
      report(keyPlace, key, `expected one of ${topLevelKeys.join(', ')}, got "${key}"${didYouMean(key, topLevelKeys)}`);

  const applied = parseOverrides(overrides, report);
  const root = withFixedValues(file, applied);
  const header = readHeader(root, absolutePath, problems);
  const gridEntry = entryOf(file, 'grid');
  const blocks = overrideGrid(readGrid(gridEntry?.node, file.place, report), applied);
  const axisPaths = [
    ...new Set(
      blocks.flatMap((block) => block.axes.flatMap((axis) => axis.settings.map(({ path: axisPath }) => axisPath))),
    ),
  ];
  problems.push(...checkReplacedValues(root, axisPaths));
  const rules = readExclude(entryOf(file, 'exclude')?.node, report);
  const points = blocks.map((block) => impliedMode(block, report));

  // Blocks that could not be read have been reported; those that are left count on in their order.
  const blockNames = blocks.map((_, index) => (gridEntry?.node.kind === 'list' ? `grid[${index}]` : 'grid'));
  const sources = new SettingSources();
  const idle = new IdleSettings(root, blocks, blockNames, header?.run ?? { optimizationLevel: 'all' });

  const grid = resolveGrid({
    root,
    blocks: points,
    axisPaths,
    rules,
    rulesMayBeIdle: applied.some((override) => override.kind === 'setting'),
    folder: dirname(absolutePath),
    gridPlace: gridEntry?.keyPlace ?? file.place,
    onTrial: ({ block, assignments, sections, written, settings }) => {
      idle.see(block, assignments, written);
      sources.remember(sections, settings, assignments, blockNames[block] ?? '');
    },
    problems,
  });
  if (problems.length > 0 || header === null) throw new ExperimentError(problems);
  const collected = collectTrials(grid, header.baselines);
  const frontier = frontierOf(header.goal);
  if (frontier !== null) {
    const candidates = collected.filter(({ role }) => role === 'candidate');
    const obstacle = candidates.map(({ settings }) => obstacleToFrontier(settings)).find((text) => text !== null);
    const { keyPlace } = entryOf(file, 'goal')!;
    if (obstacle !== undefined) report(keyPlace, 'goal', `expected no bits beside ${obstacle}`);
    if (candidates.length === 0) {
      report(
        keyPlace,
        'goal',
        'expected a candidate in the grid beside bits, got baselines and sensitivity trials alone',
      );
    }
    if (problems.length > 0) throw new ExperimentError(problems);
  }
  return {
    name: header.name,
    question: header.question,
    goal: header.goal,
    path: absolutePath,
    yaml,
    run: header.run,
    measure: header.measure,
    trials: frontier === null ? collected : collected.map((trial) => withFrontier(trial, frontier)),
    axisPaths,
    notes: idle.notes(),
    sources,
  };
}
