import type { ContentRequest } from '../../content/describe-content.js';
import type { DataSource } from '../../formats/data-source.js';
import { formatNames } from '../../formats/registry.js';
import { taskKinds } from '../../tasks/registry.js';
import type { TaskSettings } from '../../tasks/task-settings.js';

/** The sources of data and the tasks anywhere in a value, whatever its shape: what may be code. */
export function contentOf(value: unknown): ContentRequest {
  const [sources, tasks]: [DataSource[], TaskSettings[]] = [[], []];
  gather(value, sources, tasks);
  return { models: [], sources, tasks };
}

function gather(value: unknown, sources: DataSource[], tasks: TaskSettings[]): void {
  if (Array.isArray(value)) {
    for (const item of value) gather(item, sources, tasks);
    return;
  }
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return;
  const { format, kind } = value as Readonly<Record<string, unknown>>;
  if (formatNames.some((name) => name === format)) sources.push(value as DataSource);
  if (taskKinds.some((name) => name === kind)) tasks.push(value as TaskSettings);
  for (const item of Object.values(value)) gather(item, sources, tasks);
}
