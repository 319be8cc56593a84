// Comments wrap at 100 columns. Addresses, tables and directives to tools are left alone.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const WIDEST = 100;
const root = fileURLToPath(new URL('..', import.meta.url));
const globs = ['src/*.ts', 'test/*.ts', 'bench/*.ts', 'experiments/*.mjs', 'scripts/*.mjs'];
const files = execFileSync('git', ['ls-files', ...globs], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n');
const problems = files
  .filter((path) => !path.endsWith('onnx_pb.ts'))
  .flatMap((path) =>
    readFileSync(`${root}/${path}`, 'utf8')
      .split('\n')
      .flatMap((line, index) => (isTooWide(line) ? [`${path}:${index + 1}: ${line.length} columns`] : [])),
  );
for (const problem of problems) console.error(problem);
console.log(`comments of ${files.length} files checked, ${problems.length} wider than ${WIDEST} columns`);
process.exitCode = problems.length > 0 ? 1 : 0;

function isTooWide(line) {
  const isComment = /^\s*(?:\/\/|\/?\*)/.test(line);
  return isComment && line.length > WIDEST && !/^\s*(?:\/\/|\*) ?(?:https?:|eslint|prettier|@ts-|\|)/.test(line);
}
