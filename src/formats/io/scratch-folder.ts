import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SurroundingsError } from '../../errors/surroundings-error.js';
import { isGone, processPlace } from './process-place.js';

/*
 * Temporary files of a sweep (profiles, optimized graphs, predictions, large fields of jobs) lie in
 * one folder:
 *
 *     $TMPDIR/quantsweep-<machine>-<process>-XXXXXX/          of the parent, removed when it ends
 *                                                  <process>/  of each child, removed when it ends
 *
 * A process that is killed removes nothing. Its child does when it finds itself alone, and the next
 * run removes what belongs to processes that are gone.
 */

/** Variable in which a parent tells its children where the folder is. */
export const SCRATCH_VARIABLE = 'QUANTSWEEP_SCRATCH';

let own: string | null = null;

/**
 * This process's folder for temporary files, made when it is first asked for.
 *
 * @throws SurroundingsError where the temporary folder can't be used
 */
export function scratchFolder(): string {
  if (own === null) {
    const parents = process.env[SCRATCH_VARIABLE];
    own = parents === undefined ? makeScratch() : makeChildScratch(parents);
  }
  return own;
}

/**
 * A new folder inside {@link scratchFolder}, to be removed by whoever asked for it. @throws
 * SurroundingsError
 */
export function temporaryFolder(name: string): string {
  return inTemporary(() => {
    // Whoever tidies the temporary folder up may have taken it away since.
    mkdirSync(scratchFolder(), { recursive: true });
    return mkdtempSync(join(scratchFolder(), `${name}-`));
  });
}

/**
 * Removes a folder of {@link temporaryFolder}. One that can't be removed now is no failure of the
 * work: it goes with the folder that it lies in.
 */
export function removeTemporary(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // See above.
  }
}

/** Removes what a child that has ended left behind. */
export function removeChildScratch(child: number): void {
  if (own !== null) removeTemporary(join(own, String(child)));
}

/** Removes the whole sweep's folder: for a child whose parent is gone. */
export function removeParentsScratch(): void {
  const parents = process.env[SCRATCH_VARIABLE];
  if (parents !== undefined) removeTemporary(parents);
}

function makeScratch(): string {
  removeLeftOver();
  const folder = inTemporary(() => mkdtempSync(join(tmpdir(), `${prefix()}${process.pid}-`)));
  process.once('exit', () => {
    removeTemporary(folder);
  });
  return folder;
}

function makeChildScratch(parents: string): string {
  const folder = join(parents, String(process.pid));
  inTemporary(() => mkdirSync(folder, { recursive: true }));
  return folder;
}

function inTemporary<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause;
    const what = `The temporary folder can't be used: ${cause.message}`;
    throw new SurroundingsError(what, String(cause.code), { cause });
  }
}

/**
 * Removes folders of processes of this machine that are gone. What can't be removed or told stays.
 */
function removeLeftOver(): void {
  try {
    for (const name of readdirSync(tmpdir())) {
      const process = Number(/^(\d+)-/.exec(name.startsWith(prefix()) ? name.slice(prefix().length) : '')?.[1] ?? 0);
      const folder = join(tmpdir(), name);
      if (process > 0 && isGone(process) && isOwnFolder(folder)) rmSync(folder, { recursive: true, force: true });
    }
  } catch {
    // Making the folder says what is wrong with the place.
  }
}

/** A folder itself, no link to one, of the user that runs this. */
function isOwnFolder(path: string): boolean {
  const stat = lstatSync(path);
  return stat.isDirectory() && stat.uid === (process.getuid?.() ?? stat.uid);
}

function prefix(): string {
  return `quantsweep-${processPlace()}-`;
}
