import { pathToFileURL } from 'node:url';

import { DatasetError } from '../dataset-error.js';
import { openFile } from './file-source.js';

const MISSING =
  "Install packages beside the module. Those that quantsweep ships are handed to it: export default async ({ load }) => { const sharp = await load('sharp'); ... }.";

/**
 * Imports an ES module of the user's own and returns its default export, a function. Runs its code:
 * only for experiments that the user allowed to (`--allow-code`).
 *
 * @throws DatasetError when there is no such file, importing it fails, or its default export is no
 *   function
 */
export async function loadModule(path: string): Promise<(options: unknown) => unknown> {
  // A missing file is told like any other, and before Node's own words.
  openFile(path).close();
  let exported: unknown;
  try {
    exported = ((await import(pathToFileURL(path).href)) as { readonly default?: unknown }).default;
  } catch (cause) {
    const got = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    const advice = isMissing ? { advice: MISSING } : {};
    throw new DatasetError({ expected: 'an ES module that can be imported', got, where: path, ...advice }, { cause });
  }
  if (typeof exported === 'function') return exported as (options: unknown) => unknown;
  throw new DatasetError({
    expected: 'an ES module whose default export is a function',
    got: exported === undefined ? 'no default export' : `a default export of type ${typeof exported}`,
    where: path,
    advice: 'See docs/CUSTOM.md.',
  });
}
