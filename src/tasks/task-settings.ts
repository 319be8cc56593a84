import type { Settled } from '../schema/settled.js';
import { tasks, type TaskKind } from './registry.js';
import type { Task } from './task.js';

type SettingsOf<Definition> = Definition extends { locate(...args: never[]): infer Settings } ? Settings : never;

/**
 * How the evaluated output is scored: the kind of a task and what its definition makes of settings.
 */
export type TaskSettings = {
  [Kind in TaskKind]: { readonly kind: Kind } & SettingsOf<(typeof tasks)[Kind]>;
}[TaskKind];

/** A task as an experiment file has it. */
export type FileTask = {
  [Kind in TaskKind]: { readonly kind: Kind } & Settled<(typeof tasks)[Kind]['settings']>;
}[TaskKind];

/** The definition of a task. */
export function taskOf(kind: TaskKind): Task {
  return tasks[kind];
}

/**
 * Whether the primary metric of a task with such settings counts samples that are right.
 *
 * @param task as an experiment file has it or located: no path matters
 */
export function countsSamples(task: FileTask | TaskSettings): boolean {
  const definition = taskOf(task.kind);
  return definition.countsSamples && (definition.countsWith?.(task) ?? true);
}

/** What the task takes of a model's outputs. */
export function wantedOutputs({ kind }: Pick<TaskSettings, 'kind'>): Pick<Task, 'outputs' | 'readsIntegers'> {
  const { outputs, readsIntegers } = taskOf(kind);
  return { outputs, readsIntegers };
}

/** @param folder that paths of the file are relative to */
export function toTask(task: FileTask, folder: string): TaskSettings {
  return { kind: task.kind, ...taskOf(task.kind).locate(task, folder) } as TaskSettings;
}
