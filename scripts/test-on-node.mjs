// node scripts/test-on-node.mjs [--smoke] NODE... [-- ARGUMENT...]
//
// `npm test` (with --smoke: scripts/smoke.mjs) under each Node, a major like 24 or an exact
// version, fetched from npm into .node/; then a table. Arguments after -- go to vitest. Ends with 1
// where any failed.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bootstrap } from './bootstrap.mjs';
import { fetchNode } from './fetch-node.mjs';
import { environmentOf, npmCommand } from './run-npm.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const given = process.argv.slice(2);
const end = given.includes('--') ? given.indexOf('--') : given.length;
const passedOn = given.slice(end + 1);
const wanted = given.slice(0, end).filter((argument) => argument !== '--smoke');
const isSmoke = given.slice(0, end).includes('--smoke');
if (wanted.length === 0 || wanted.some((name) => !/^\d+(\.\d+\.\d+)?$/.test(name))) {
  console.error('Expected versions of Node: node scripts/test-on-node.mjs [--smoke] 22 24 26 [-- ARGUMENT...]');
  process.exit(2);
}

function command(node) {
  if (isSmoke) return { command: node, args: ['scripts/smoke.mjs'] };
  return npmCommand(node, ['test', ...(passedOn.length > 0 ? ['--', ...passedOn] : [])]);
}

/** Vitest's closing lines, without colours: "Tests  2 failed | 2000 passed | 3 skipped (2005)". */
function countOf(output) {
  // eslint-disable-next-line no-control-regex
  const plain = output.replaceAll(/\u001b\[[0-9;]*m/g, '');
  return /^\s*Tests\s+(.+?)\s*$/m.exec(plain)?.[1] ?? '';
}

// Once for all: they share node_modules/ and dist/.
bootstrap();
const rows = [];
for (const name of wanted) {
  const node = fetchNode(name);
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const { command: program, args, shell = false } = command(node);
  const start = Date.now();
  const { status, stdout } = spawnSync(program, args, {
    cwd: root,
    shell,
    env: environmentOf(node),
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const seconds = Math.round((Date.now() - start) / 1000);
  if (status !== 0) console.log(stdout);
  rows.push([version, status === 0 ? 'passed' : 'FAILED', `${seconds} s`, isSmoke ? '' : countOf(stdout)]);
}

const title = [`Node`, isSmoke ? 'smoke run' : 'npm test', 'time', isSmoke ? '' : 'tests'];
const widths = title.map((_, column) => Math.max(...[title, ...rows].map((row) => row[column].length)));
for (const row of [title, ...rows])
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
process.exitCode = rows.every(([, result]) => result === 'passed') ? 0 : 1;
