import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hashSource } from '../../src/formats/hash-source.js';
import type { SampleSource } from '../../src/formats/data-source.js';
import { openDataset } from '../../src/formats/open-dataset.js';
import { sourceStamp } from '../../src/formats/source-files.js';
import { quantsweep } from '../cli/command-line.js';
import { AS_STORED } from '../formats/write-files.js';
import { modelBytes, node, tensor, value } from '../onnx/build-model.js';

type ImageFolderSource = Extract<SampleSource, { format: 'imageFolder' }>;

/** A PNG of one grey pixel, written by hand. */
function pixel(grey: number): Buffer {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const data = deflateSync(Uint8Array.of(0, grey));
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', new Uint8Array(0))]);
}

/** A folder with these files; a name that ends in / is an empty folder. */
function folderOf(...names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-classes-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  for (const [index, name] of names.entries()) {
    const path = join(folder, name);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(path, pixel(index));
  }
  return folder;
}

const sourceOf = (path: string, more: Partial<ImageFolderSource> = {}): ImageFolderSource => ({
  ...{ format: 'imageFolder', path, labels: null, resize: null, crop: null, kernel: 'linear', channels: 1 },
  ...more,
});

async function open(path: string, more: Partial<ImageFolderSource> = {}) {
  const { labels, notes } = await openDataset(sourceOf(path, more), AS_STORED);
  return { labels: labels === null ? null : [...labels], notes };
}

describe('36: labels by folder', () => {
  it('count all folders: empty ones, those of other formats and linked ones', async () => {
    const path = folderOf('a/', 'b/1.png', 'c/1.webp', 'c/2.webp', 'd/1.png', 'd/2.JPG.txt', 'f/1.png');
    const elsewhere = folderOf('1.png', 'deep/2.png');
    symlinkSync(elsewhere, join(path, 'e'));
    const { labels, notes } = await open(path);
    // b, d, e (two), f among a, b, c, d, e, f.
    expect(labels).toEqual([1, 3, 4, 4, 5]);
    expect(notes).toEqual([
      '3 other files are left out (2 .webp, 1 .txt), such as c/1.webp',
      '2 of 6 class folders hold no image and keep their numbers: a, c',
    ]);
  });

  it('are in the order of names, and a dot hides a folder', async () => {
    expect(await open(folderOf('b/1.png', 'B/1.png', '.a/1.png', '10/1.png', '9/1.png'))).toEqual({
      labels: [0, 1, 2, 3],
      notes: [],
    });
  });

  it('are none where all images lie in the folder itself, whatever lies beside them', async () => {
    expect((await open(folderOf('1.png', '2.png', 'notes/'))).labels).toBeNull();
    await expect(open(folderOf('1.png', 'cat/2.png'))).rejects.toThrow('all images in sub-folders');
  });

  it('refuse a link that leads back', async () => {
    const path = folderOf('a/1.png');
    symlinkSync(path, join(path, 'b'));
    await expect(open(path)).rejects.toThrow(/^Expected links that lead to other folders, got one back to/);
    const twice = folderOf('a/1.png', 'a/deep/2.png');
    symlinkSync(join(twice, 'a'), join(twice, 'a/deep/up'));
    await expect(open(twice)).rejects.toThrow('got one back to');
  });

  it('read a link to a file, and name one whose target is gone', async () => {
    const path = folderOf('a/1.png', 'b/1.png');
    symlinkSync(join(path, 'a/1.png'), join(path, 'b/2.png'));
    expect((await open(path)).labels).toEqual([0, 1, 1]);
    symlinkSync(join(path, 'gone'), join(path, 'a/0.png'));
    await expect(open(path)).rejects.toThrow(/Expected a readable file, got ENOENT \(.*a\/0\.png\)/);
  });

  it.each(['/gone', 'b'])('refuse a link in the place of a class that leads nowhere: %s', async (target) => {
    const path = folderOf('a/1.png', 'c/1.png');
    symlinkSync(target, join(path, 'b'));
    await expect(open(path)).rejects.toThrow(`got one to ${target}, which is not`);
  });

  it('are part of what identifies the data: an empty folder that appears numbers the others anew', async () => {
    const path = folderOf('b/1.png');
    const [hash, stamp] = [await hashSource(sourceOf(path)), sourceStamp(sourceOf(path))];
    mkdirSync(join(path, 'a'));
    expect(await hashSource(sourceOf(path))).not.toBe(hash);
    expect(sourceStamp(sourceOf(path))).not.toBe(stamp);
  });
});

describe('36: a list of classes', () => {
  const subset = (): string => folderOf('cat/1.png', 'frog/1.png', 'frog/2.png');

  it('keeps the numbers of a subset, given as names or as a file', async () => {
    const path = subset();
    const classes = ['bird', 'frog', 'dog', 'cat'];
    expect(await open(path, { classes })).toEqual({ labels: [3, 1, 1], notes: [] });
    writeFileSync(join(path, 'classes.txt'), '\ufeffbird\r\nfrog\n\n  dog\ncat');
    expect(await open(path, { classes: join(path, 'classes.txt') })).toEqual({ labels: [3, 1, 1], notes: [] });
    expect((await open(path)).labels).toEqual([0, 1, 1]);
  });

  it('must name every folder with images, each once', async () => {
    const path = subset();
    await expect(open(path, { classes: ['cat'] })).rejects.toThrow(
      /^Expected a folder that is one of the 1 classes \(cat\), got frog \(.*frog\/1\.png\)\. Add it to classes/,
    );
    await expect(open(path, { classes: ['cat', 'frog', 'cat'] })).rejects.toThrow('got "cat" twice');
    writeFileSync(join(path, 'none.txt'), '\n');
    await expect(open(path, { classes: join(path, 'none.txt') })).rejects.toThrow('one or more class names, each once');
    writeFileSync(join(path, 'labels.csv'), 'cat/1.png,3');
    await expect(open(path, { classes: ['cat'], labels: join(path, 'labels.csv') })).rejects.toThrow(
      /Expected either labels.* or classes.* got both/,
    );
    await expect(open(folderOf('1.png'), { classes: ['cat'] })).rejects.toThrow('sub-folders that classes names');
  });

  it('changes the identity of the data', async () => {
    const path = subset();
    const hashes = [
      await hashSource(sourceOf(path)),
      await hashSource(sourceOf(path, { classes: ['frog', 'cat'] })),
      await hashSource(sourceOf(path, { classes: ['cat', 'frog', 'dog'] })),
    ];
    expect(new Set(hashes).size).toBe(3);
  });

  it('is a setting of the experiment file, relative to it, and what was left out is said by plan', async () => {
    const folder = folderOf('val/cat/1.png', 'val/frog/1.png', 'val/frog/2.gif', 'val/ant/');
    const spec = {
      nodes: [node('Flatten', ['x'], 'f'), node('Gemm', ['f', 'w'], 'y', [], 'gemm')],
      inputs: [value('x', ['N', 1, 1, 1])],
      initializers: [tensor('w', [1, 4], [1, 2, 3, 4])],
    };
    writeFileSync(join(folder, 'model.onnx'), modelBytes(spec));
    writeFileSync(join(folder, 'classes.txt'), 'ant\nbird\ncat\nfrog\n');
    const experiment = (classes: string): string => `version: 1
name: classes
model: { path: model.onnx }
data:
  calibration: { format: imageFolder, path: val, channels: 1, batchSize: 1, batches: 2 }
  evaluation: { format: imageFolder, path: val, channels: 1${classes} }
task: classification
layers: { ops: [Gemm] }
grid: [{ smoothing.mode: static, smoothing.alpha: 0.5 }]
`;
    const plan = async (classes: string) => {
      writeFileSync(join(folder, 'sweep.yaml'), experiment(classes));
      return quantsweep(folder, 'plan', 'sweep.yaml');
    };
    const plain = await plan('');
    expect(plain).toMatchObject({ code: 0, stderr: '' });
    expect(plain.stdout).toContain('val: 1 other file is left out (1 .gif), such as frog/2.gif');
    expect(plain.stdout).toContain('val: 1 of 3 class folders hold no image and keep their numbers: ant');
    expect(await plan(', classes: classes.txt')).toMatchObject({ code: 0 });
    expect(await plan(', classes: [cat, frog]')).toMatchObject({ code: 0 });
    const wrong = await plan(', classes: [cat]');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('got frog')]);
    const kind = await plan(', classes: 3');
    expect(kind.code).toBe(2);
    expect(kind.stderr).toContain('sweep.yaml:6:');
    expect(kind.stderr).toContain(
      'expected the path of a text file with a class name a line, or a list of class names, got 3',
    );
  });
});
