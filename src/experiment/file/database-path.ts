import { basename, dirname, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ownFolder = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * The absolute path of an experiment's database: relative to the experiment file. Where that lies
 * in the folder of an installed quantsweep, as for the experiments that are shipped, it is the file
 * of that name in the current folder: an update replaces an installed package with all that is in
 * it. A checkout is nobody's but its owner's.
 */
export function databasePath(
  experimentPath: string,
  database: string,
  { packageFolder = ownFolder, currentFolder = process.cwd() } = {},
): string {
  const path = resolve(dirname(experimentPath), database);
  const isInstalled = packageFolder.split(sep).includes('node_modules');
  const isInside = path.startsWith(resolve(packageFolder) + sep);
  return isInstalled && isInside ? resolve(currentFolder, basename(path)) : path;
}
