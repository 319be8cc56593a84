import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { temporaryFolder } from '../cli/command-line.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/MODELS.md'), 'utf8');

/**
 * The experiments of docs/MODELS.md by their `name`: complete files, with paths from the project's
 * root.
 */
export const recipes: ReadonlyMap<string, string> = new Map(
  [...page.matchAll(/^```yaml complete\n([\s\S]*?)^```$/gm)].map(([, yaml]) => {
    const { name } = parse(yaml!) as { readonly name: string };
    return [name, yaml!] as const;
  }),
);

/** Writes a recipe into a folder of the test's own, from which its paths lead into the project. */
export function writeRecipe(name: string): { readonly folder: string; readonly file: string } {
  const yaml = recipes.get(name);
  if (yaml === undefined) throw new Error(`docs/MODELS.md has no experiment named ${name}`);
  const folder = temporaryFolder();
  symlinkSync(join(root, 'experiments'), join(folder, 'experiments'), 'dir');
  writeFileSync(join(folder, `${name}.yaml`), yaml);
  return { folder, file: `${name}.yaml` };
}
