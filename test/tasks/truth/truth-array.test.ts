import { describe, expect, it } from 'vitest';
import { openTruthArray } from '../../../src/tasks/truth/truth-array.js';
import { npyArray, temporaryFolder } from '../../formats/write-files.js';
import { zip } from '../../formats/zip-archive.js';

describe('an array of ground truth', () => {
  const bytes = npyArray('<i2', [3, 2, 1], Int16Array.of(0, 1, -1, 3, 4, 300));

  it('gives the entry of a sample', () => {
    const array = openTruthArray(temporaryFolder()('t.npy', bytes), null);
    expect(array.shape).toEqual([3, 2, 1]);
    expect([...array.read(1)]).toEqual([-1, 3]);
    expect([...array.read(2)]).toEqual([4, 300]);
  });

  it('may lie in an archive, then its name is needed', () => {
    const path = temporaryFolder()('t.npz', zip([{ name: 'masks.npy', data: bytes }]));
    expect([...openTruthArray(path, 'masks').read(2)]).toEqual([4, 300]);
    expect(() => openTruthArray(path, null)).toThrow('Expected task.array');
    expect(() => openTruthArray(path, 'x')).toThrow('the arrays masks');
  });
});
