import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { matchFiles } from '../../../src/tasks/truth/match-files.js';
import { temporaryFolder } from '../../formats/write-files.js';

const SETTINGS = { extensions: ['.png'], depth: 8, sampleSuffix: '', truthSuffix: '' };

function folderOf(...files: readonly string[]): string {
  const write = temporaryFolder();
  for (const file of files) write(`truth/${file}`, '');
  return dirname(write('truth/readme.txt', ''));
}

describe('files of ground truth', () => {
  it('belong to samples of the same name', () => {
    const folder = folderOf('b.png', 'a.v1.png', 'c.png');
    const match = matchFiles({ ...SETTINGS, folder }, ['a.v1.jpg', 'b.jpg', 'c.jpg'], 2);
    expect(match).toEqual({ files: ['a.v1.png', 'b.png'], unused: 1, by: 'name' });
  });

  it('go by sub-folders first, then by the last part of the name', () => {
    const folder = folderOf('x/1.png', 'y/1.png', 'y/2.png');
    const match = (names: readonly string[]) => matchFiles({ ...SETTINGS, folder }, names, names.length).files;
    expect(match(['y/1.jpg', 'x/1.jpg', 'images/2.jpg'])).toEqual(['y/1.png', 'x/1.png', 'y/2.png']);
    expect(() => match(['images/1.jpg'])).toThrow('got 2: x/1.png, y/1.png');
    expect(() => match(['a/2.jpg', 'b/2.jpg'])).toThrow('got y/2.png for both a/2.jpg and b/2.jpg');
  });

  it('may end otherwise', () => {
    const folder = folderOf('a/1_gt.png', 'a/1_color.png', 'a/2_gt.png');
    const settings = { ...SETTINGS, folder, sampleSuffix: '_left', truthSuffix: '_gt' };
    expect(matchFiles(settings, ['a/1_left.png', 'a/2_left.png'], 2).files).toEqual(['a/1_gt.png', 'a/2_gt.png']);
    expect(() => matchFiles(settings, ['a/1.png'], 1)).toThrow('Expected a name that ends in _left, got a/1.png');
  });

  it('go in order where samples have no names', () => {
    const folder = folderOf('2.png', '1.png', '3.png');
    expect(matchFiles({ ...SETTINGS, folder }, null, 2)).toEqual({ files: ['1.png', '2.png'], unused: 1, by: 'order' });
    expect(() => matchFiles({ ...SETTINGS, folder }, null, 4)).toThrow(
      'Expected 4 files, one for each sample, in order, got 3',
    );
  });

  it('are missed by name', () => {
    const folder = folderOf('1.png', '2_mask.png');
    expect(() => matchFiles({ ...SETTINGS, folder }, ['1.jpg', '2.jpg', '3.jpg'], 3)).toThrow(
      'got none for 2 of them, such as 2.jpg',
    );
  });
});
