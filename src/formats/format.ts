import type { z } from 'zod';
import type { Settled } from '../schema/settled.js';
import type { Dataset } from './dataset.js';
import type { PreprocessSettings } from './preprocess/preprocess-settings.js';

/**
 * A format of data: everything that the program knows of it. `registry.ts` lists them all, and
 * nothing outside a format's folder names it.
 *
 *   settings of the file -> locate -> source -> identity + files -> hash, so content keys
 *                                            -> open             -> samples, labels, ground truth
 *
 * @typeParam Shape the settings, a zod schema each
 * @typeParam Source what is left of them once paths are absolute: plain JSON
 */
export interface Format<Shape extends z.ZodRawShape = z.ZodRawShape, Source extends object = object> {
  /** A sentence for documentation and editors. */
  readonly description: string;
  /** Settings beside `format`, in the order in which they are documented. */
  readonly settings: Shape;
  /** Where class labels come from. */
  readonly labels: Provision;
  /** Where detection ground truth comes from. */
  readonly groundTruth: Provision;
  /**
   * `first`: samples have their channels first, whatever the model; `asLaidOut`: as
   * `data.preprocess.layout` says.
   */
  readonly channels: 'first' | 'asLaidOut';
  /**
   * The source that settings name.
   *
   * @param absolute a path of the file as an absolute one
   */
  locate(settings: Settled<Shape>, absolute: (path: string) => string): Source;
  /**
   * The user's own code that makes the samples, as `dataset PATH`: it runs with consent only. Null:
   * there is none.
   */
  code(source: Source): string | null;
  /**
   * The fields of a source that hold a path, also where it may be null, or something that is no
   * path, such as a list. By them another machine puts its own paths in.
   */
  readonly paths: readonly string[];
  /** How a folder among {@link paths} is read; absent where all of them are files. */
  readonly listing?: FolderListing;
  /**
   * Every file that samples, labels and ground truth are read from.
   *
   * @throws DatasetError when a folder can't be listed
   */
  files(source: Source): readonly SourceFile[];
  /**
   * Names of folders that samples depend on, without a file of their own; null: none. @throws
   * DatasetError
   */
  folderNames(source: Source): readonly string[] | null;
  /** What samples depend on besides the bytes of {@link files}. @throws DatasetError */
  identity(source: Source): SourceIdentity | Promise<SourceIdentity>;
  /**
   * What content keys hold of a source beside its hash. Nothing is needed: the hash says it all.
   */
  keyed?(source: Source): object;
  /**
   * The source with sizes that it asks of the model filled in; the same object where it asks for
   * none. Absent: sources of the format never ask.
   *
   * @param extentOf height and width of the model's input, for a setting that asks; its errors pass
   *   through
   */
  sized?(source: Source, extentOf: (setting: string) => readonly [number, number]): Source;
  /**
   * Opens the samples. Labels and ground truth are read and checked now, samples when asked for.
   *
   * @throws DatasetError when a file is missing or damaged, or doesn't fit the settings
   */
  open(source: Source, preprocess: PreprocessSettings): Dataset | Promise<Dataset>;
}

/**
 * Whether a source has what a task is scored by: always, never, as is known once it is opened, or
 * where a setting that may be null names it.
 */
export type Provision = 'always' | 'never' | 'onceOpened' | NamedBySetting;

interface NamedBySetting {
  readonly setting: string;
  /**
   * What the setting is expected to be, for messages: `the path of a .npy file of class labels`.
   */
  readonly expected: string;
}

export interface SourceFile {
  readonly path: string;
  /**
   * What it is in the hash, where its bytes follow; null: it counts by what {@link Format.identity}
   * read from it.
   */
  readonly role: string | null;
}

/** Which files of a folder are read, as `listFiles` takes it. */
export interface FolderListing {
  /** Lower case, with the dot. */
  readonly extensions: readonly string[];
  /** 1: the folder's own files only. */
  readonly depth: number;
}

/** Names of the fields of `Source` that may hold a text of any kind, so a path. */
export type PathField<Source> = {
  [Field in keyof Source & string]-?: string extends Extract<Source[Field], string> ? Field : never;
}[keyof Source & string];

/** In the order of the hash: header, before, the bytes of the files, after. */
export interface SourceIdentity {
  /** Settings that select or make samples; the name of the format goes in front. */
  readonly header: IdentityHeader;
  readonly before?: readonly (IdentityHeader | Uint8Array)[];
  readonly after?: readonly IdentityHeader[];
}

type IdentityHeader = Readonly<Record<string, unknown>>;

/** The definition as it is, its types inferred. */
export function defineFormat<Shape extends z.ZodRawShape, Source extends object>(
  format: Format<Shape, Source> & { readonly paths: readonly PathField<Source>[] },
): Format<Shape, Source> {
  return format;
}

/** Files with a role each; those without a path are left out. */
export function filesByRole(paths: Readonly<Record<string, string | null>>): readonly SourceFile[] {
  return Object.entries(paths).flatMap(([role, path]) => (path === null ? [] : [{ role, path }]));
}
