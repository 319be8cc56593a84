#!/usr/bin/env node
import { closeSync, openSync } from 'node:fs';

/*
 * Loads the program. Only modules of Node are imported before the check: where the system allows too few open files, it
 * is the loading that fails, with another error for each limit.
 */

/** Loading all modules takes some 60 at once; a sweep some 10 for each child process. */
const NEEDED_FILES = 128;

if (canOpen(NEEDED_FILES)) await import('./command-line.js');
else {
  process.stderr.write(
    `quantsweep: too few files may be open at once: fewer than ${NEEDED_FILES} are left to this process. Raise the limit (ulimit -n 1024) and run the same command again.\n`,
  );
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
