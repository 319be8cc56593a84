// Makes a fresh clone ready: a Node, where the one at hand is too old; the packages, when they are
// missing or the lock file changed; dist/, when src/ changed. Nothing is installed when it starts,
// and Node may be as old as 18.19: only Node's own modules, and no newer syntax.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { FALLBACK, fetchNode, folder } from './fetch-node.mjs';
import { runNpm } from './run-npm.mjs';
import { isSupported, range } from './supported-node.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Makes ready what is not; ends the process where that fails.
 *
 * @returns the path of the Node to run everything under
 */
export function bootstrap({ compile = true } = {}) {
  const node = supportedNode();
  installPackages(node);
  if (compile) compileSources(node);
  return node;
}

function supportedNode() {
  const { node: version } = process.versions;
  if (isSupported(version)) return process.execPath;
  try {
    const node = fetchNode(FALLBACK);
    // For the program: `quantsweep` on the path starts under the old Node too.
    const current = join(folder, 'current');
    const place = relative(folder, node);
    if (!existsSync(current) || readFileSync(current, 'utf8') !== place) writeFileSync(current, place);
    console.error(
      `quantsweep: this is Node ${version}, but quantsweep needs ${range}; using the one in ${relative(root, node)}`,
    );
    return node;
  } catch (error) {
    console.error(`quantsweep: expected Node ${range}, got ${version}. ${error.message}`);
    process.exit(1);
  }
}

/**
 * Every compiled part that is installed uses Node-API: one installation serves all versions of
 * Node.
 */
function installPackages(node) {
  const wanted = `${hashOf([join(root, 'package-lock.json')])} ${process.platform} ${process.arch}`;
  unlessDone(join(root, 'node_modules', '.quantsweep-lock-hash'), wanted, () => {
    console.error('quantsweep: installing packages');
    // No package needs its install script. That of onnxruntime-node downloads libraries for CUDA:
    // `doctor` says how to get them where they are of use.
    return runNpm(node, root, ['ci', '--include=dev', '--ignore-scripts']);
  });
}

function compileSources(node) {
  const sources = [
    ...filesIn(join(root, 'src')),
    ...configurations(),
    join(root, 'scripts', 'build-browser.mjs'),
  ].sort();
  unlessDone(join(root, 'dist', '.source-hash'), hashOf(sources), () => {
    console.error('quantsweep: compiling');
    return build(node);
  });
}

function configurations() {
  return readdirSync(root)
    .filter((name) => /^tsconfig.*\.json$/.test(name))
    .map((name) => join(root, name));
}

/**
 * Does the work unless the stamp holds the hash of what it depends on: hashes, as times differ
 * between checkouts.
 */
function unlessDone(stamp, wanted, work) {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  if (!work()) process.exit(1);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(relative(root, path)).update(readFileSync(path));
  return hash.digest('hex');
}

function filesIn(place) {
  return readdirSync(place, { withFileTypes: true }).flatMap((entry) => {
    const path = join(place, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) bootstrap();
