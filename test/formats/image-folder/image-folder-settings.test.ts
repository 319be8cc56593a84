import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  imageFolderSettings,
  locateImageFolder,
  type ImageFolderSource,
} from '../../../src/formats/image-folder/image-folder-settings.js';
import { hashSource } from '../../../src/formats/hash-source.js';
import sharp from 'sharp';
import { dirname } from 'node:path';
import { temporaryFolder } from '../write-files.js';

const schema = z.strictObject(imageFolderSettings);
const sourceOf = (written: object): ImageFolderSource =>
  locateImageFolder(schema.parse({ path: 'p', ...written }), (path) => `/home/${path}`);

describe('settings of an image folder', () => {
  it('make the source that they made before there were letterbox, pad and orientation', () => {
    const before = { path: '/home/p', labels: null, resize: 256, crop: [4, 5], kernel: 'linear', channels: 3 };
    expect(JSON.stringify(sourceOf({ resize: 256, crop: [4, 5] }))).toBe(JSON.stringify(before));
    const written = { kernel: 'linear', orientation: 'ignore', letterbox: null, pad: null };
    expect(sourceOf({ resize: 256, crop: [4, 5], ...written })).toEqual(before);
  });

  it("go to what detectors do with a letterbox: OpenCV's filter, upright, 114, centred", () => {
    const letterbox = { size: [640, 640], pad: 114, align: 'center', rounding: 'halfEven', scaleUp: true };
    const expected = { kernel: 'opencvLinear', orientation: 'exif', letterbox };
    expect(sourceOf({ letterbox: { size: 640 } })).toMatchObject(expected);
    expect(sourceOf({ letterbox: { size: [640, 640] } })).toEqual(sourceOf({ letterbox: { size: 640 } }));
    const other = sourceOf({ letterbox: { size: 640 }, kernel: 'linear', orientation: 'ignore' });
    expect(other.kernel).toBe('linear');
    expect(other).not.toHaveProperty('orientation');
  });

  it.each([
    [{ letterbox: { pad: 0 } }, ['letterbox', 'size']],
    [{ letterbox: { size: 0 } }, ['letterbox', 'size']],
    [{ letterbox: { size: 'models' } }, ['letterbox', 'size']],
    [{ letterbox: { size: 64, pad: 256 } }, ['letterbox', 'pad']],
    [{ letterbox: { size: 64, align: 'left' } }, ['letterbox', 'align']],
    [{ letterbox: { size: 64, fill: 0 } }, ['letterbox']],
    [{ pad: { multiple: 0 } }, ['pad', 'multiple']],
    [{ orientation: 'auto' }, ['orientation']],
  ])('are refused in %j', (written, path) => {
    expect(schema.safeParse({ path: 'p', ...written }).error!.issues.map((issue) => issue.path)).toEqual([path]);
  });

  it('are all in the hash of the samples', async () => {
    const pixel = await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const folder = dirname(temporaryFolder()('a.png', pixel));
    const written = [
      {},
      { orientation: 'exif' },
      { kernel: 'opencvLinear' },
      { pad: { multiple: 2 } },
      { pad: { multiple: 4 } },
      { pad: { multiple: 4, value: 1 } },
      { letterbox: { size: 8 } },
      { letterbox: { size: [8, 9] } },
      { letterbox: { size: 8, pad: 0 } },
      { letterbox: { size: 8, align: 'topLeft' } },
      { letterbox: { size: 8, rounding: 'truncate' } },
      { letterbox: { size: 8, scaleUp: false } },
      { letterbox: { size: 8 }, orientation: 'ignore' },
      { letterbox: { size: 8 }, kernel: 'cubic' },
    ];
    const hashes = await Promise.all(
      written.map(async (each) => hashSource({ format: 'imageFolder', ...sourceOf(each), path: folder })),
    );
    expect(new Set(hashes).size).toBe(written.length);
  });
});
