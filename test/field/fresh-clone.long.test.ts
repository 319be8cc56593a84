import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
let clone = '';
let oldNode = '';

/** A machine without a C++ compiler, on which Node 18.19 is the `node` of the path. */
function under(node: string, ...args: readonly string[]) {
  const env: NodeJS.ProcessEnv = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))),
    PATH: `${dirname(node)}:${process.env['PATH']}`,
    CC: 'false',
    CXX: 'false',
  };
  const { status, stdout, stderr } = spawnSync(node, args, { cwd: clone, encoding: 'utf8', env });
  return { status, stdout, stderr };
}

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'quantsweep-clone-'));
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of files.split('\0').filter((name) => name !== '' && existsSync(join(root, name)))) {
    cpSync(join(root, file), join(clone, file));
  }
  const fetch = `import { fetchNode } from './scripts/fetch-node.mjs'; console.log(fetchNode('18.19.0'));`;
  oldNode = execFileSync(process.execPath, ['--input-type=module', '-e', fetch], {
    cwd: root,
    encoding: 'utf8',
  }).trim();
  // What is fetched already is not fetched for the clone again.
  mkdirSync(join(clone, '.node'));
  for (const name of readdirSync(join(root, '.node')).filter((version) => /^\d+\.\d+\.\d+$/.test(version))) {
    symlinkSync(join(root, '.node', name), join(clone, '.node', name));
  }
});

afterAll(() => {
  rmSync(clone, { recursive: true, force: true });
});

describe('a fresh clone on Node 18.19, without a C++ compiler', () => {
  it('installs, compiles and runs a sweep under the Node that it fetches, and says so', () => {
    const { status, stdout, stderr } = under(oldNode, 'scripts/with-node.mjs', 'node', 'scripts/smoke.mjs');
    expect({ status, stdout }, stderr).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^quantsweep \S+ works on Node 2[46]\./) as unknown,
    });
    expect(stderr.match(/^quantsweep: this is Node 18\.19\.0, but .*; using the one in \.node.*$/gm)).toHaveLength(1);
    expect(stderr).not.toMatch(/Unknown project config|install-scripts|gyp/);
  });

  it('has a program that starts under that Node too', () => {
    expect(under(oldNode, 'dist/cli/main.js', 'query', 'SELECT 1', '--db', 'none.db')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/Expected a database at .*none\.db, found none/) as unknown,
    });
  });

  it('has a program that says in one line which Node it needs, where none was fetched', () => {
    rmSync(join(clone, '.node'), { recursive: true });
    expect(under(oldNode, 'dist/cli/main.js', '--version')).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^quantsweep: expected Node \^22\.14 [^\n]*, got 18\.19\.0 [^\n]*\n$/) as unknown,
    });
  });
});
