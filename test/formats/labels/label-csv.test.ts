import { describe, expect, it } from 'vitest';

import { memorySource } from '../../../src/formats/io/file-source.js';
import { readLabelCsv } from '../../../src/formats/labels/label-csv.js';

const FILES = ['a.png', 'b, c.png', 'd/e.png'];

function read(text: string) {
  return [...readLabelCsv(memorySource('labels.csv', Buffer.from(text)), FILES)];
}

describe('a CSV of labels', () => {
  it('may have a header, quotes, commas in names, empty lines and Windows line ends', () => {
    expect(read('path,label\r\n"b, c.png",2\r\n./d/e.png,0\r\n\r\na.png, 2147483647\r\n')).toEqual([2147483647, 2, 0]);
    expect(read('a.png,1\nb, c.png,2\nd/e.png,3')).toEqual([1, 2, 3]);
  });

  it.each([
    [
      'a file that is not there',
      'a.png,1\nz.png,1',
      "one of the folder's 3 files, such as a.png, got z.png (labels.csv, line 2)",
    ],
    ['a second label', 'a.png,1\na.png,2', 'got a second one for a.png (labels.csv, line 2)'],
    ['a word as label', 'a.png,1\nd/e.png,cat', 'got "d/e.png,cat" (labels.csv, line 2)'],
    ['a negative label', 'a.png,1\nd/e.png,-1', 'got "d/e.png,-1" (labels.csv, line 2)'],
    ['a label beyond int32', 'a.png,2147483648', 'got "a.png,2147483648" (labels.csv, line 1)'],
    ['a file without one', 'a.png,1\nd/e.png,0', 'Expected a label for each file of the folder, got none for b, c.png'],
  ])('is refused with %s', (_, text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
