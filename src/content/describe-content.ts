import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { InputError } from '../errors/input-error.js';
import { formatOf, type DataSource } from '../formats/data-source.js';
import type { FolderListing } from '../formats/format.js';
import type { OnHashing } from '../formats/hash-source.js';
import { listFiles } from '../formats/io/list-files.js';
import { isFolderOf } from '../formats/named-files.js';
import { externalLocations } from '../onnx/external-locations.js';
import { ModelError } from '../onnx/model-error.js';
import { canonicalJson } from '../plan/content-key.js';
import { hashTask } from '../tasks/hash-task.js';
import { taskFiles } from '../tasks/task-files.js';
import { taskOf, type TaskSettings } from '../tasks/task-settings.js';
import { printableName } from '../text/printable.js';
import { nameFault } from './check-name.js';
import { tokenOf, type CommandContent, type ContentFile, type ContentItem } from './content-item.js';
import { FileHashes, type HashedFile } from './file-hashes.js';
import { pathsIn } from './paths-in.js';
import { replacePaths } from './replace-paths.js';

/** What of an experiment lies in files. */
export interface ContentRequest {
  /** Absolute paths. */
  readonly models: readonly string[];
  readonly sources: readonly DataSource[];
  readonly tasks: readonly TaskSettings[];
}

export interface DescribedContent {
  /** Each once, whatever number of paths lead to it. */
  readonly items: readonly ContentItem[];
  /** By absolute path, as models, sources and tasks have it. */
  readonly tokens: ReadonlyMap<string, string>;
}

/** All that is wanted of one path: one text stands for one item. */
interface Wanted {
  kind: ContentItem['kind'];
  readonly listings: FolderListing[];
  folders: readonly string[] | null;
  /** A word of a command names it. */
  isProgram: boolean;
  readonly tasks: TaskSettings[];
}

/** Of this process: what was read for one sweep is not read again for the next. */
const hashes = new FileHashes();

/**
 * Describes models, data and code of the user's own by their bytes, so that other machines find
 * them under paths of their own. Memory is constant but for the graphs of models; the event loop
 * gets turns.
 *
 * @param onHashing told of each piece of a file that was read
 * @throws DatasetError or ModelError when a file is missing or can't be described; InputError for a
 *   command that names a file beside the experiment's folder
 */
export async function describeContent(request: ContentRequest, onHashing?: OnHashing): Promise<DescribedContent> {
  const wanted = await gather(request);
  const items = new Map<string, ContentItem>();
  const tokens = new Map<string, string>();
  // Commands come last: their words may be tokens of other items.
  const byOrder = [...wanted].sort(([, a], [, b]) => Number(a.tasks.length > 0) - Number(b.tasks.length > 0));
  for (const [path, want] of byOrder) {
    const item = await describe(path, want, tokens, onHashing);
    items.set(item.token, item);
    tokens.set(path, item.token);
  }
  return { items: [...items.values()], tokens };
}

async function gather({ models, sources, tasks }: ContentRequest): Promise<ReadonlyMap<string, Wanted>> {
  const wanted = new Map<string, Wanted>();
  function want(path: string, kind: Wanted['kind']): Wanted {
    const own = wanted.get(path) ?? { kind, listings: [], folders: null, isProgram: false, tasks: [] };
    if (RANK[kind] > RANK[own.kind]) own.kind = kind;
    wanted.set(path, own);
    return own;
  }
  for (const path of models) want(path, 'model');
  for (const source of sources) {
    const format = formatOf(source);
    for (const path of pathsIn(source, format.paths)) {
      if (format.code(source) !== null) want(path, 'module');
      else if (!(await isFolderAt(path))) want(path, 'file');
      else if (format.listing === undefined) {
        throw new Error(`Expected format ${source.format} to say how the folder ${path} is listed`);
      } else addListing(want(path, 'folder'), format.listing, format.folderNames(source));
    }
    for (const { path } of Object.values(source.inputs ?? {})) if (path !== null) want(path, 'file');
  }
  for (const task of tasks) {
    const definition = taskOf(task.kind);
    const named = definition.namedFiles?.(task);
    const files = taskFiles(task);
    for (const file of files) {
      const { path, listing } = file;
      if (listing === null || !isFolderOf(file)) want(path, 'file');
      else addListing(want(path, 'folder'), listing, null);
    }
    for (const path of pathsIn(task, definition.paths)) {
      if (files.some((file) => file.path === path)) continue;
      if (named === undefined) want(path, 'module');
      else {
        want(path, 'command').tasks.push(task);
        for (const [word] of named) if (isAbsolute(word)) want(word, 'file').isProgram = true;
      }
    }
  }
  return wanted;
}

/** Where a path is several things, the item is what says more of it. */
const RANK: Readonly<Record<ContentItem['kind'], number>> = { file: 0, folder: 0, model: 1, module: 2, command: 2 };

function addListing(want: Wanted, listing: FolderListing, folders: readonly string[] | null): void {
  const text = canonicalJson(listing);
  if (want.listings.every((known) => canonicalJson(known) !== text)) want.listings.push(listing);
  want.folders ??= folders;
}

async function describe(
  path: string,
  { kind, listings, folders, isProgram, tasks }: Wanted,
  tokens: ReadonlyMap<string, string>,
  onHashing: OnHashing | undefined,
): Promise<ContentItem> {
  const name = basename(path);
  // Of a folder, whose name need not be one that other machines can have.
  const shown = printableName(name, 200);
  const hashAll = async (folder: string, names: readonly string[]): Promise<readonly ContentFile[]> => {
    const files: ContentFile[] = [];
    for (const each of names) {
      const { executable, ...file } = await hashed(folder, each, onHashing);
      // Data that happen to be executable are the same data.
      files.push({ ...file, ...(executable && (isProgram || kind === 'command') ? { executable } : {}) });
    }
    return files;
  };
  const complete = (manifest: Omit<ContentItem, 'token' | 'name'>): ContentItem => {
    return { token: tokenOf(manifest), name: shown, ...manifest };
  };
  if (kind === 'file' || kind === 'module') return complete({ kind, files: await hashAll(dirname(path), [name]) });
  if (kind === 'model') {
    const data = await externalFiles(path);
    return complete({ kind: data.length > 0 ? kind : 'file', files: await hashAll(dirname(path), [name, ...data]) });
  }
  const names = new Set(listings.flatMap(({ extensions, depth }) => listFiles(path, extensions, depth)));
  for (const task of tasks) for (const named of relativeFiles(task, path)) names.add(named);
  const commands: CommandContent[] = [];
  for (const task of unique(tasks)) {
    const away = new Map([...tokens].filter(([key]) => key !== path)).set(path, '');
    commands.push({ task: replacePaths(task, away), sha256: (await hashTask(task))! });
  }
  return complete({
    kind,
    files: await hashAll(path, [...names].sort()),
    ...(listings.length === 0 ? {} : { listings: listings.map(({ extensions, depth }) => ({ extensions, depth })) }),
    ...(folders === null ? {} : { folders }),
    ...(commands.length === 0 ? {} : { tasks: commands }),
  });
}

async function hashed(
  folder: string,
  name: string,
  onHashing: OnHashing | undefined,
): Promise<HashedFile & Pick<ContentFile, 'name'>> {
  const fault = nameFault(name);
  if (fault !== null) {
    throw new InputError(
      `Expected file names that any machine can have, got ${JSON.stringify(name)} in ${folder}, which ${fault}. Rename it to use it on other machines.`,
    );
  }
  return { name, ...(await hashes.of(join(folder, name), { onHashing })) };
}

/** Names of a model's external data, inside its folder. */
async function externalFiles(path: string): Promise<readonly string[]> {
  const folder = dirname(path);
  try {
    const locations = externalLocations(await readFile(path));
    const names = locations.map((location) => relative(folder, join(folder, location)).replaceAll(sep, '/'));
    return [...new Set(names)].sort();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const what = 'code' in cause ? `Expected a readable model file, got ${String(cause.code)}.` : cause.message;
    throw new ModelError(`${path}: ${what}`, { cause });
  }
}

/** Files inside the folder that the words of a command name. */
function relativeFiles(task: TaskSettings, folder: string): readonly string[] {
  const named = taskOf(task.kind).namedFiles?.(task) ?? new Map<string, string>();
  return [...named]
    .filter(([word]) => !isAbsolute(word))
    .map(([word, path]) => {
      const name = relative(folder, path).replaceAll(sep, '/');
      if (!name.startsWith('../')) return name;
      throw new InputError(
        `Expected a command that other machines can run to name files inside ${folder}, got "${word}". Move the file there, or write its absolute path.`,
      );
    });
}

async function isFolderAt(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Reading it as a file says what is wrong.
    return false;
  }
}

function unique<T>(values: readonly T[]): readonly T[] {
  const seen = new Map(values.map((value) => [JSON.stringify(value), value]));
  return [...seen.values()];
}
