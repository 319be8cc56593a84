import { dirname } from 'node:path';

import { expect, it } from 'vitest';

import { hashTask } from '../../src/tasks/hash-task.js';
import { temporaryFolder } from '../formats/write-files.js';

it('a metric module counts by its bytes, wherever it lies', async () => {
  const write = temporaryFolder();
  const hash = (path: string) => hashTask({ kind: 'module', path, options: {}, bootstrap: 0 });
  const [a, b, c] = [write('a.mjs', 'one'), write('b.mjs', 'one'), write('c.mjs', 'two')];
  expect(await hash(a)).toBe(await hash(b));
  expect(await hash(a)).not.toBe(await hash(c));
  await expect(hash('/nowhere/m.mjs')).rejects.toThrow('/nowhere/m.mjs');
});

it('a command counts by its words, and by the bytes of those that name files in its folder', async () => {
  const write = temporaryFolder();
  const one = dirname(write('one/eval.py', 'print(1)'));
  const same = dirname(write('same/eval.py', 'print(1)'));
  const other = dirname(write('other/eval.py', 'print(2)'));
  const hash = (folder: string, ...command: string[]) =>
    hashTask({ kind: 'command', command, folder, metric: 'x', higherIsBetter: true, timeoutSeconds: 1 });
  expect(await hash(one, 'python3', 'eval.py')).toBe(await hash(same, 'python3', 'eval.py'));
  const different = [
    await hash(one, 'python3', 'eval.py'),
    await hash(other, 'python3', 'eval.py'),
    await hash(one, 'python3', 'eval.py', '--fast'),
    await hash(one, 'python3', 'missing.py'),
  ];
  expect(new Set(different).size).toBe(different.length);
});

it('built-in tasks have no code', async () => {
  expect(await hashTask({ kind: 'classification' })).toBeNull();
  expect(await hashTask({ kind: 'fidelity', bootstrap: 1 })).toBeNull();
});
