#!/usr/bin/env node
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isSupportedNode } from './supported-node.js';

/*
 * Loads the program. Only modules of Node, and none of newer syntax than Node 14 parses, are
 * imported before the checks: on an older Node SQLite's compiled part ends the process without a
 * word, and where the system allows too few open files, it is the loading that fails, with another
 * error for each limit.
 */

/** Loading all modules takes some 60 at once; a sweep some 10 for each child process. */
const NEEDED_FILES = 128;

const root = fileURLToPath(new URL('../../', import.meta.url));
const { node: range } = (
  JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { readonly engines: { readonly node: string } }
).engines;

if (!isSupportedNode(process.versions.node, range)) {
  const { startUnderFetchedNode } = await import('./under-fetched-node.js');
  if (!startUnderFetchedNode(root)) {
    refuse(
      `expected Node ${range}, got ${process.versions.node} (${process.execPath}). Install a current Node and run the same command again (in a checkout: node scripts/bootstrap.mjs fetches one).`,
    );
  }
} else if (canOpen(NEEDED_FILES)) await import('./command-line.js');
else {
  refuse(
    `the limit of open files is too low: fewer than ${NEEDED_FILES} are left for this process. Raise the limit (ulimit -n 1024) and run the same command again.`,
  );
}

/** Exit code 1: the surroundings are to be changed, not the command. */
function refuse(reason: string): void {
  process.stderr.write(`quantsweep: ${reason}\n`);
  process.exitCode = 1;
}

function canOpen(count: number): boolean {
  const files: number[] = [];
  try {
    while (files.length < count) files.push(openSync(process.execPath, 'r'));
    return true;
  } catch {
    return false;
  } finally {
    files.forEach(closeSync);
  }
}
