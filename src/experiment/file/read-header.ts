import { basename, extname } from 'node:path';
import type { z } from 'zod';
import type { Problem } from '../experiment-error.js';
import { explainIssues } from '../explain-issue.js';
import { databasePath } from './database-path.js';
import { readGoal, type Goal } from './goal-schema.js';
import { headerSchemas } from './header-schema.js';
import { entryOf, toPlain } from './located-node.js';
import type { LocatedMapping } from './located-node.js';
import type { MeasureSettings } from '../sections/measure.js';
import type { BaselineRole, RunSettings } from '../sections/settings.js';

/** The parts of an experiment that are not settings of a trial. */
export interface Header {
  readonly name: string;
  readonly question: string | null;
  /** What the recommendation is to be by; null without. */
  readonly goal: Goal | null;
  readonly baselines: readonly BaselineRole[];
  readonly run: RunSettings;
  readonly measure: MeasureSettings;
}

/** A name for a sweep from the name of its file, without what a name may not have. */
function nameOfFile(path: string): string {
  const stem = basename(path, extname(path));
  return stem.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N} ._-]+/gu, '').slice(0, 100) || 'experiment';
}

/**
 * Reads version, name, question, goal, baselines, run and measure. Returns null where any of them
 * has a problem.
 */
export function readHeader(root: LocatedMapping, path: string, problems: Problem[]): Header | null {
  const before = problems.length;
  const read = <Schema extends z.ZodType>(
    field: string,
    schema: Schema,
    fallback?: unknown,
  ): z.output<Schema> | null => {
    const node = entryOf(root, field)?.node;
    const result = schema.safeParse(node === undefined ? fallback : toPlain(node));
    if (result.success) return result.data;
    const refused = { field, schema, node, around: root.place };
    problems.push(...explainIssues(result.error.issues, refused));
    return null;
  };
  read('version', headerSchemas.version);
  const name = read('name', headerSchemas.name, nameOfFile(path));
  const question = read('question', headerSchemas.question);
  const goal = read('goal', headerSchemas.goal);
  const baselines = read('baselines', headerSchemas.baselines);
  const run = read('run', headerSchemas.run);
  const measure = read('measure', headerSchemas.measure);
  const isRead = name !== null && baselines !== null && run !== null && measure !== null;
  if (problems.length > before || !isRead) return null;
  return {
    name,
    question,
    goal: readGoal(goal),
    baselines,
    run: { ...run, database: databasePath(path, run.database) },
    measure,
  };
}
