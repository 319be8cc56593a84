import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * A script that pages run, each compiled to one file from the module of its name in client/: `page`
 * draws the page's charts, `live` follows a running database, `start` unpacks the scripts of a page
 * that is passed on alone.
 */
export type ClientScript = 'page' | 'live' | 'start';

/**
 * The same way from src/ and from dist/, which lie side by side: what runs from its sources needs a
 * build, too.
 */
const folder = new URL('../../../dist/report/browser/client/', import.meta.url);

const read = new Map<ClientScript, string>();

/** The text of a script. @throws where it is not compiled */
export function clientScript(name: ClientScript): string {
  const known = read.get(name);
  if (known !== undefined) return known;
  const text = compiled(name);
  read.set(name, text);
  return text;
}

function compiled(name: ClientScript): string {
  const path = fileURLToPath(new URL(`${name}.js`, folder));
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`Expected the page's compiled script at ${path}, could not read it. "npm run build" makes it.`, {
      cause,
    });
  }
}
