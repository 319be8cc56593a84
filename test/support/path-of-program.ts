import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where the system keeps a program; null where it has none. */
export function pathOfProgram(program: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? null;
}
