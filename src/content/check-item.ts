import { z } from 'zod';
import { taskKinds } from '../tasks/registry.js';
import { taskOf } from '../tasks/task-settings.js';
import { printableName } from '../text/printable.js';
import { nameFault } from './check-name.js';
import { ContentError } from './content-error.js';
import { isFolder, tokenOf, type ContentItem } from './content-item.js';

/** More than any data set's. */
const MOST_FILES = 2 ** 22;
const MOST_NAME = 300;
/** A folder in folders in folders: more than any format looks into. */
const MOST_DEPTH = 64;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const item = z.strictObject({
  token: z.string(),
  kind: z.enum(['file', 'model', 'module', 'folder', 'command']),
  // For people: it goes into messages.
  name: z
    .string()
    .max(MOST_NAME)
    .refine((name) => name === printableName(name)),
  files: z
    .array(
      z.strictObject({
        name: z.string(),
        sizeBytes: z.int().min(0),
        sha256,
        executable: z.literal(true).optional(),
      }),
    )
    .max(MOST_FILES),
  listings: z
    .array(z.strictObject({ extensions: z.array(z.string()), depth: z.int().min(1).max(MOST_DEPTH) }))
    .optional(),
  folders: z.array(z.string()).optional(),
  tasks: z.array(z.strictObject({ task: z.looseObject({ kind: z.string() }), sha256 })).optional(),
});

/**
 * Returns an item that came from elsewhere, once it is sure that it is one and that none of its
 * names leads out of the folder that it is put into. Nothing is opened or written.
 *
 * @throws ContentError
 */
export function checkItem(value: unknown): ContentItem {
  const parsed = item.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refused(`${issue!.path.join('.') || 'it'}: ${issue!.message}`);
  }
  const content = value as ContentItem;
  const { files, folders = [] } = content;
  if (!isFolder(content) && files.length === 0) throw refused(`a ${content.kind} without a file`);
  if (content.kind !== 'model' && !isFolder(content) && files.length > 1) {
    throw refused(`a ${content.kind} of ${files.length} files`);
  }
  for (const { task } of content.tasks ?? []) checkTask(task);
  checkNames(
    files.map(({ name }) => name),
    folders,
  );
  const token = tokenOf(content);
  if (token !== content.token) throw refused(`the token is ${printableName(content.token, 100)}, the content ${token}`);
  return content;
}

/** Paths are texts, and the rest is what an experiment file may say of such a task. */
function checkTask(task: { readonly kind: string }): void {
  const kind = taskKinds.find((known) => known === task.kind);
  if (kind === undefined) throw refused(`a task of kind ${quoted(task.kind)}`);
  const { settings, paths } = taskOf(kind);
  const texts = Object.fromEntries(paths.map((field) => [field, z.string()]));
  const parsed = z.strictObject({ kind: z.literal(kind), ...settings, ...texts }).safeParse(task);
  if (parsed.success) return;
  const [issue] = parsed.error.issues;
  throw refused(`the task, ${issue!.path.join('.') || 'it'}: ${issue!.message}`);
}

function checkNames(files: readonly string[], folders: readonly string[]): void {
  for (const name of [...files, ...folders]) {
    const fault = nameFault(name);
    if (fault !== null) throw refused(`the name ${quoted(name)} ${fault}`);
  }
  for (const name of folders) if (name.includes('/')) throw refused(`the class folder ${quoted(name)} lies in another`);
  const taken = new Set<string>();
  for (const name of files) {
    if (taken.has(name)) throw refused(`the name ${quoted(name)} comes twice`);
    taken.add(name);
  }
  for (const name of folders) if (taken.has(name)) throw refused(`${quoted(name)} is both a file and a folder`);
  for (const name of files) {
    for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
      const above = name.slice(0, end);
      if (taken.has(above)) throw refused(`${quoted(above)} is both a file and a folder`);
    }
  }
}

function quoted(name: string): string {
  return JSON.stringify(printableName(name, 200));
}

function refused(fault: string): ContentError {
  return new ContentError([
    `Expected a description of content, got one that is refused: ${fault}. Whoever sent it runs another version of quantsweep, or means harm.`,
  ]);
}
