// Mends package-lock.json: takes out what this project does not want there, adds what npm leaves
// out. `--check` fails where anything is to be mended.
//
// - hasInstallScript: without it no npm runs a package's install script on `npm ci`. None is
//   needed, and that of onnxruntime-node downloads libraries for CUDA. npm 11 and 12 have
//   `allowScripts` in package.json for it, npm 10 has nothing but this that it does not warn about.
// - resolved: addresses of the registry in use.
// - gypfile, added: better-sqlite3 says in its package.json that nothing is to be compiled, its
//   binaries are inside. npm 10 does not look there on `npm ci` and would compile, with a toolchain
//   and headers that are not needed otherwise.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const unwanted = ['hasInstallScript', 'resolved'];
const found = [];
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const key of unwanted.filter((name) => name in entry)) {
    found.push(`${place}: ${key}`);
    delete entry[key];
  }
  if (place.endsWith('node_modules/better-sqlite3') && entry.gypfile !== false) {
    found.push(`${place}: no gypfile`);
    entry.gypfile = false;
  }
}

if (!process.argv.includes('--check')) {
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
} else if (found.length > 0) {
  console.error(`package-lock.json is not as it should be: node scripts/lock-file.mjs fixes it.\n${found.join('\n')}`);
  process.exit(1);
}
