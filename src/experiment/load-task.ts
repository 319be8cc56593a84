import { z } from 'zod';
import { taskOf, toTask, type FileTask, type TaskSettings } from '../tasks/task-settings.js';
import type { TaskKind } from '../tasks/registry.js';
import { ExperimentError, describeValue, type Place } from './experiment-error.js';
import { explainIssues } from './explain-issue.js';
import { toPlain, type LocatedEntry, type LocatedNode } from './file/located-node.js';
import { readYaml } from './file/read-yaml.js';

/** Settings of a task from a text of their own, outside an experiment. */
export interface TaskText {
  readonly kind: TaskKind;
  /** YAML or JSON, a mapping of settings; empty: all are at their defaults. */
  readonly text: string;
  /** What messages call the text. */
  readonly file: string;
  /** Folder that paths in it are relative to. */
  readonly folder: string;
  /** Settings that were given elsewhere; they win. */
  readonly given: Readonly<Record<string, string>>;
}

/** @throws ExperimentError naming each setting that is wrong, and where it was written */
export function loadTask({ kind, text, file, folder, given }: TaskText): TaskSettings {
  const place: Place = { kind: 'file', file, line: 1, column: 1 };
  const root: LocatedNode = text.trim() === '' ? emptyAt(place) : readYaml(text, { kind: 'file', file });
  if (root.kind !== 'mapping') {
    const got = describeValue(toPlain(root));
    throw new ExperimentError([
      { place, field: '', text: `expected a mapping of settings of task ${kind}, got ${got}` },
    ]);
  }
  const entries = new Map<string, LocatedEntry>(root.entries);
  entries.delete('kind');
  for (const [name, value] of Object.entries(given)) {
    entries.set(name, { keyPlace: place, node: { kind: 'scalar', value, place } });
  }
  const node: LocatedNode = { ...root, entries };
  const schema = z.strictObject(taskOf(kind).settings);
  const parsed = schema.safeParse(toPlain(node));
  if (!parsed.success) {
    throw new ExperimentError(explainIssues(parsed.error.issues, { field: 'task', schema, node, around: place }));
  }
  return toTask({ kind, ...parsed.data } as FileTask, folder);
}

function emptyAt(place: Place): LocatedNode {
  return { kind: 'mapping', entries: new Map(), place };
}
