// node scripts/with-node.mjs [--no-build] COMMAND [ARGUMENT...]
//
// Makes the clone ready (bootstrap.mjs; --no-build leaves dist/ as it is), then runs a command
// under a Node that quantsweep supports: `node`, or the program of a package that package.json
// names, like vitest.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap } from './bootstrap.mjs';
import { environmentOf } from './run-npm.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const compile = process.argv[2] !== '--no-build';
const [command, ...args] = process.argv.slice(compile ? 2 : 3);
if (command === undefined) {
  console.error('Expected a command: node scripts/with-node.mjs [--no-build] COMMAND [ARGUMENT...]');
  process.exit(2);
}

function packageOf(name) {
  return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
}

/**
 * The script of a package's program: what node_modules/.bin leads to, on Windows through a .cmd.
 */
function scriptOf(program) {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of Object.keys(devDependencies)) {
    const { bin = {} } = packageOf(name);
    const script = typeof bin === 'string' ? { [name]: bin }[program] : bin[program];
    if (script !== undefined) return join(root, 'node_modules', name, script);
  }
  console.error(`Expected node or a program of a package that package.json names, got ${program}.`);
  process.exit(2);
}

const node = bootstrap({ compile });
const child = spawn(node, command === 'node' ? args : [scriptOf(command), ...args], {
  stdio: 'inherit',
  env: environmentOf(node),
});
// Ctrl-C in a terminal reaches the child by itself; it decides how to end, and this process waits
// for it.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`quantsweep: ${node} could not be started: ${error.message}`);
  process.exitCode = 1;
});
child.on('close', (code, signal) => {
  if (signal === null) process.exit(code);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
  process.kill(process.pid, signal);
});
