// Makes a fresh clone ready: installs the packages when they are missing or the lock file is newer, and compiles src/
// when it changed. Plain Node, since nothing is installed when it starts.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync, mkdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`quantsweep needs Node 20.19 or newer, this is ${process.versions.node}.`);
  process.exit(1);
}

/** Runs npm in the project, showing its output; ends this process when it fails. */
function npm(why, ...args) {
  console.error(`quantsweep: ${why}`);
  const { status, error } = spawnSync('npm', args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (error) console.error(error.message);
  if (status !== 0) process.exit(status ?? 1);
}

function mtime(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sourceFiles(path) : [path];
  });
}

const marker = join(root, 'node_modules', '.package-lock.json');
if (mtime(marker) < mtime(join(root, 'package-lock.json'))) {
  npm('installing packages (better-sqlite3 may be compiled: a minute or two)', 'ci', '--no-audit', '--no-fund');
}

// A hash, not times: a fresh checkout of an older commit has newer files.
const hash = createHash('sha256');
for (const path of [
  ...sourceFiles(join(root, 'src')),
  join(root, 'tsconfig.json'),
  join(root, 'tsconfig.build.json'),
].sort()) {
  hash.update(path).update(readFileSync(path));
}
const stamp = join(root, 'dist', '.source-hash');
const built = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
const wanted = hash.digest('hex');
if (built !== wanted) {
  npm('compiling', 'run', '--silent', 'build');
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, wanted);
}
