// Compiles src/ into dist/ and removes what an earlier build left there: dist/ is packed as it is.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/** Returns whether all was compiled. */
export function build(node) {
  // The stamp of the last build goes first: one that is broken off is no build.
  rmSync(join(dist, '.source-hash'), { force: true });
  mkdirSync(dist, { recursive: true });
  // Times of the file system alone are compared, not with the clock.
  const mark = join(dist, '.build-start');
  writeFileSync(mark, '');
  const { mtimeMs: start } = statSync(mark);
  const run = (...args) => spawnSync(node, args, { cwd: root, stdio: ['ignore', 2, 2] }).status === 0;
  const isCompiled =
    run(join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json') &&
    run(join(root, 'scripts/build-browser.mjs'));
  if (isCompiled) {
    copyViews();
    removeOlder(dist, start);
  }
  rmSync(mark);
  return isCompiled;
}

/** tsc leaves SQL out: that of the views lies beside the compiled module that reads it. */
function copyViews() {
  const views = 'store/schema/views';
  cpSync(join(root, 'src', views), join(dist, views), { recursive: true });
}

function removeOlder(place, start) {
  for (const entry of readdirSync(place, { withFileTypes: true })) {
    const path = join(place, entry.name);
    if (!entry.isDirectory()) {
      if (statSync(path).mtimeMs < start) rmSync(path);
      continue;
    }
    removeOlder(path, start);
    if (readdirSync(path).length === 0) rmSync(path, { recursive: true });
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (!existsSync(join(root, 'node_modules/typescript')))
    throw new Error('Run npm run build: it installs the packages.');
  process.exitCode = build(process.execPath) ? 0 : 1;
}
