import { mkdirSync, writeFileSync } from 'node:fs';

/**
 * Writes what a benchmark measured to `bench/results/NAME.json`, in place of what it measured
 * before.
 */
export function writeResult(name: string, result: object): void {
  const folder = new URL('../results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(result, null, 2)}\n`);
}
