// `npm run house`: what it costs to add one thing of each kind. Adds them all to a copy of the
// project, compiles it, runs each, and counts the files of src/ that had to be touched. Fails when
// a count is above its goal, or one does not work.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recipes } from './house/recipes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'quantsweep-house-'));
const copy = join(scratch, 'project');
let failures = 0;

try {
  copyProject();
  for (const recipe of recipes) apply(recipe);
  compile();
  const rows = recipes.map((recipe) => ({ ...countOf(recipe), ...outcomeOf(recipe) }));
  print(rows);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failures > 0 ? 1 : 0;

function copyProject() {
  const { stdout } = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  for (const path of stdout.trim().split('\n')) {
    if (/^(test|docs|bench|reports)\//.test(path)) continue;
    cpSync(join(root, path), join(copy, path));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
}

/**
 * New files are written; an edit puts a line behind, or in place of, one that must be there exactly
 * once.
 */
function apply({ kind, files = {}, edits = [] }) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), text, { flag: 'wx' });
  }
  for (const { path, find, replace } of edits) {
    const before = readFileSync(join(copy, path), 'utf8');
    const parts = before.split(find);
    if (parts.length !== 2) {
      throw new Error(`${kind}: expected ${JSON.stringify(find)} once in ${path}, found it ${parts.length - 1} times.`);
    }
    writeFileSync(join(copy, path), parts.join(replace));
  }
}

function compile() {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: copy, encoding: 'utf8' });
  if (status !== 0) throw new Error(`The copy with everything added does not compile:\n${stdout}${stderr}`);
}

/** Files of src/ by a recipe: those of one new folder count as one. */
function countOf({ kind, goal, files = {}, edits = [] }) {
  const isInSource = (path) => path.startsWith('src/') || path.startsWith('migrations/');
  const made = Object.keys(files).filter(isInSource);
  const folders = new Set(made.map((path) => (made.length > 1 ? dirname(path) : path)));
  const edited = new Set(edits.map(({ path }) => path).filter(isInSource));
  const touched = folders.size + edited.size;
  if (touched > goal) failures += 1;
  return { kind, touched, goal, what: `${[...folders, ...edited].join(', ')}` };
}

/** Each recipe is tried in a folder of its own, with the compiled copy. */
function outcomeOf({ kind, attempt }) {
  const folder = join(scratch, kind.replaceAll(/\W+/g, '-'));
  mkdirSync(folder);
  const start = (args, words) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${words} ended with code ${status}:\n${stdout}${stderr}`);
    return stdout;
  };
  const quantsweep = (...args) => start([join(copy, 'dist/cli/main.js'), ...args], `quantsweep ${args.join(' ')}`);
  const node = (program) => start(['--input-type=module', '--eval', program], 'the program');
  try {
    attempt({ quantsweep, node, folder, project: copy });
    return { works: 'yes' };
  } catch (error) {
    failures += 1;
    console.error(`${kind}: ${error.message}`);
    return { works: 'NO' };
  }
}

function print(rows) {
  const cells = [['to add', 'files touched', 'goal', 'works', 'which'], ...rows.map(rowOf)];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  for (const row of cells)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}

function rowOf({ kind, touched, goal, works, what }) {
  return [kind, String(touched), String(goal), works, what];
}
