// Makes a fresh clone ready: installs the packages when they are missing or the lock file changed, and compiles src/
// when it changed. Plain Node, since nothing is installed when it starts.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join, relative } from 'node:path';
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

function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sourceFiles(path) : [path];
  });
}

/** Does the work unless the stamp holds the hash of what it depends on: hashes, as times differ between checkouts. */
function unlessDone(stamp, wanted, work) {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(relative(root, path)).update(readFileSync(path));
  return hash.digest('hex');
}

const lock = join(root, 'package-lock.json');
unlessDone(
  join(root, 'node_modules', '.quantsweep-lock-hash'),
  `${hashOf([lock])} Node ${process.versions.modules}`,
  () => {
    npm('installing packages (better-sqlite3 may be compiled: a minute or two)', 'ci', '--include=dev');
  },
);

const sources = [
  ...sourceFiles(join(root, 'src')),
  join(root, 'tsconfig.json'),
  join(root, 'tsconfig.build.json'),
  join(root, 'scripts', 'build-browser.mjs'),
].sort();
unlessDone(join(root, 'dist', '.source-hash'), hashOf(sources), () => {
  npm('compiling', 'run', '--silent', 'build');
});
