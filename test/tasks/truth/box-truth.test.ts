import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../cli/command-line.js';
import { loadBoxTruth } from '../../../src/tasks/truth/load-box-truth.js';
import { matchPictures } from '../../../src/tasks/truth/match-pictures.js';
import { truthWarnings } from '../../../src/tasks/truth/truth-warnings.js';

function fileOf(name: string, text: string): string {
  const path = join(temporaryFolder(), name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const coco = (document: object): string => fileOf('truth.json', JSON.stringify(document));
const annotation = { id: 1, image_id: 1, category_id: 1, bbox: [1, 2, 3, 4] };
const small = { images: [{ id: 1 }], categories: [{ id: 1, name: 'a' }], annotations: [annotation] };

describe('ground truth of boxes', () => {
  it('COCO: what is missing has its default, categories are by rising id', () => {
    const truth = loadBoxTruth(coco({ ...small, categories: [{ id: 5, name: 'b' }, ...small.categories] }), null);
    expect(truth.classes).toEqual([
      { id: 1, name: 'a' },
      { id: 5, name: 'b' },
    ]);
    expect(truth.pictures[0]).toMatchObject({ id: 1, name: null, size: null });
    const { objects } = truth.pictures[0]!;
    expect([...objects.boxes, ...objects.area, ...objects.crowd, ...objects.class]).toEqual([1, 2, 3, 4, 12, 0, 0]);
  });

  it.each([
    ['ids as text', { ...small, images: [{ id: '000139' }] }, /images\[0\].id.*without quotes/s],
    ['two of an id', { ...small, images: [{ id: 1 }, { id: 1 }] }, /images\[0\] has it too.*images\[1\].id/s],
    ['no box', { ...small, annotations: [{ ...annotation, bbox: null }] }, /annotations\[0\].bbox/],
    ['three numbers', { ...small, annotations: [{ ...annotation, bbox: [1, 2, 3] }] }, /a list of 4 numbers/],
    ['a list of results', [annotation], /results of a detector/],
  ])('COCO: %s', (_, document, message) => {
    expect(() => loadBoxTruth(coco(document), null)).toThrow(message);
  });

  it('COCO: annotations of pictures that are not listed are left out, and counted', () => {
    const truth = loadBoxTruth(coco({ ...small, annotations: [annotation, { ...annotation, image_id: 9 }] }), null);
    expect(truth.notes).toEqual(['1 of 2 annotations are of images or categories that are not listed: left out.']);
  });

  it('CSV: numbers or names, a header, and pictures without objects', () => {
    const text = 'name,x1,y1,x2,y2,class\na.jpg,10,20,30,60,1,0.5\n"b,c.jpg",0,0,5,5,0\nempty.jpg,,,,,\n';
    const truth = loadBoxTruth(fileOf('t.csv', text), null);
    expect(truth.classesAreOpen).toBe(true);
    expect(truth.pictures.map(({ name, objects }) => [name, ...objects.boxes])).toEqual([
      ['a.jpg', 10, 20, 20, 40],
      ['b,c.jpg', 0, 0, 5, 5],
      ['empty.jpg'],
    ]);
    const named = fileOf('t.csv', 'a.jpg,10,20,30,60,cat\n');
    expect(() => loadBoxTruth(named, null)).toThrow(/task.classes.*names of 1 \(cat\)/);
    expect([...loadBoxTruth(named, ['dog', 'cat']).pictures[0]!.objects.class]).toEqual([1]);
    expect(() => loadBoxTruth(fileOf('t.csv', 'a.jpg,30,20,10,60,0\n'), null)).toThrow(/line 1.*lower right/s);
  });

  it('Pascal VOC: difficult objects count as crowds', () => {
    const object =
      '<object><name>cat</name><difficult>1</difficult><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11</xmax><ymax>22</ymax></bndbox></object>';
    const path = fileOf(
      'set/a.xml',
      `<annotation><size><width>50</width><height>40</height></size>${object}</annotation>`,
    );
    const truth = loadBoxTruth(join(path, '..'), ['cat']);
    expect(truth.pictures[0]).toMatchObject({ name: 'a.xml', size: [40, 50] });
    expect([...truth.pictures[0]!.objects.boxes]).toEqual([1, 2, 10, 20]);
    expect([...truth.pictures[0]!.objects.crowd]).toEqual([1]);
  });

  it('YOLO: pixels where fractions belong are refused', () => {
    const path = fileOf('labels/a.txt', '0 320 240 50 60\n');
    expect(() => loadBoxTruth(join(path, '..'), null)).toThrow(/a.txt, line 1.*Divide x and w/s);
    expect(() => loadBoxTruth(join(fileOf('labels/a.txt', '2 0.5 0.5 0.1 0.1\n'), '..'), ['a', 'b'])).toThrow(/0..1/);
  });

  it('says where boxes look like fractions', () => {
    const annotations = Array.from({ length: 6 }, () => ({ ...annotation, bbox: [0.1, 0.1, 0.2, 0.2] }));
    expect(truthWarnings(loadBoxTruth(coco({ ...small, annotations }), null))[0]).toContain('look like fractions');
    expect(truthWarnings(loadBoxTruth(coco(small), null))).toEqual([]);
  });
});

describe('matchPictures', () => {
  const truth = (...names: readonly (string | null)[]) => ({
    ...{ path: 't.json', missingIsEmpty: false, ignoresEnding: false },
    pictures: names.map((name) => ({ name })),
  });

  it('goes by the whole path, then by the name of the file, then by order', () => {
    expect([...matchPictures(truth('x/a.jpg', 'y/a.jpg', 'b.jpg'), ['y/a.jpg', 'z/b.jpg'], 2).picture]).toEqual([1, 2]);
    expect(matchPictures(truth('a.jpg', 'b.jpg'), null, 1)).toMatchObject({ by: 'order' });
    expect(matchPictures(truth(null, null), ['q.jpg', 'r.jpg'], 2)).toMatchObject({ by: 'order' });
  });

  it('refuses what is not clear', () => {
    expect(() => matchPictures(truth('x/a.jpg', 'y/a.jpg'), ['a.jpg'], 1)).toThrow(
      'one picture for sample a.jpg, got 2: x/a.jpg, y/a.jpg',
    );
    expect(() => matchPictures(truth('a.jpg'), ['x/a.jpg', 'y/a.jpg'], 2)).toThrow(/one sample for each picture/);
    expect(() => matchPictures(truth('a.jpg'), null, 2)).toThrow(/2 pictures, one for each sample/);
  });
});
