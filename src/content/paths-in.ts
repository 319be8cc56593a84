import { isAbsolute, relative } from 'node:path';
import { formatOf, type DataSource } from '../formats/data-source.js';
import { taskOf, type TaskSettings } from '../tasks/task-settings.js';

/** The paths among the fields that a format or a task declares: those that hold a text. */
export function pathsIn(settings: object, fields: readonly string[]): readonly string[] {
  return fields.flatMap((field) => {
    const value = (settings as Readonly<Record<string, unknown>>)[field];
    return typeof value === 'string' ? [value] : [];
  });
}

/**
 * Every path that sources and tasks name; of a command also the words that lead out of its folder.
 */
export function filesOf(sources: readonly DataSource[], tasks: readonly TaskSettings[]): readonly string[] {
  const data = sources.flatMap((source) => [
    ...pathsIn(source, formatOf(source).paths),
    ...Object.values(source.inputs ?? {}).flatMap(({ path }) => (path === null ? [] : [path])),
  ]);
  const code = tasks.flatMap((task) => {
    const definition = taskOf(task.kind);
    const folders = pathsIn(task, definition.paths);
    const named = [...(definition.namedFiles?.(task) ?? [])].filter(
      ([word, path]) => isAbsolute(word) || folders.every((folder) => leadsOut(folder, path)),
    );
    return [...folders, ...named.map(([word, path]) => (isAbsolute(word) ? word : path))];
  });
  return [...data, ...code];
}

/**
 * Code of the user's own: of a module the bytes count, of a command what `hashTask` makes of it.
 */
export type NamedCode =
  | { readonly kind: 'module'; readonly what: string; readonly path: string }
  | { readonly kind: 'command'; readonly what: string; readonly task: TaskSettings };

export function codeOf(sources: readonly DataSource[], tasks: readonly TaskSettings[]): readonly NamedCode[] {
  const modules = sources.flatMap((source): readonly NamedCode[] => {
    const what = formatOf(source).code(source);
    if (what === null) return [];
    return pathsIn(source, formatOf(source).paths).map((path) => ({ kind: 'module', what, path }));
  });
  const metrics = tasks.flatMap((task): readonly NamedCode[] => {
    const definition = taskOf(task.kind);
    const code = definition.code(task);
    if (code === null) return [];
    if (definition.namedFiles !== undefined) return [{ kind: 'command', what: code.what, task }];
    return pathsIn(task, definition.paths).map((path) => ({ kind: 'module', what: code.what, path }));
  });
  return [...modules, ...metrics];
}

function leadsOut(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way.startsWith('..') || isAbsolute(way);
}
