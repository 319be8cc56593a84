import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { DataSource } from '../../src/formats/data-source.js';
import type { FuzzFormat } from './fuzz-case.js';
import { mutateBytes } from './mutate-bytes.js';
import type { Random } from './random.js';
import { readSamples, somePreprocess } from './read-samples.js';

/** A JPEG of 16 x 12 pixels. */
const jpeg = Uint8Array.from(
  await sharp({ create: { width: 16, height: 12, channels: 3, background: '#804020' } })
    .jpeg()
    .toBuffer(),
);

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(4);
  frame.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([frame, body, sum]);
}

/** A PNG whose header says `width` x `height`, over as many rows of zeros as `rows`. */
function png(width: number, height: number, depth = 8, colour = 2, rows = height): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width >>> 0, 0);
  header.writeUInt32BE(height >>> 0, 4);
  header[8] = depth;
  header[9] = colour;
  const channels = [1, 1, 3, 1, 2, 1, 4][colour] ?? 1;
  const row = 1 + Math.ceil((Math.min(width, 2 ** 16) * channels * depth) / 8);
  const data = deflateSync(Buffer.alloc(Math.min(row * Math.min(rows, 2 ** 14), 2 ** 28)), { level: 1 });
  const parts = [Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', header)];
  return Uint8Array.from(Buffer.concat([...parts, chunk('IDAT', data), chunk('IEND', new Uint8Array(0))]));
}

const svg =
  '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>' +
  '<svg xmlns="http://www.w3.org/2000/svg" width="90000" height="90000"><text>&c;</text><image href="file:///etc/passwd"/></svg>';
const bombs = new Map<string, Uint8Array>();

function someImage(random: Random): { readonly what: string; readonly bytes: Uint8Array } {
  switch (random.below(8)) {
    case 0: {
      const [width, height] = random.pick([
        [0, 5],
        [2 ** 31, 2 ** 31],
        [2 ** 31 - 1, 1],
        [60_000, 60_000],
        [1, 2 ** 20],
        [12_000, 12_000],
      ] as const);
      return { what: `PNG header of ${width} x ${height}`, bytes: png(width, height, 8, 2, 2) };
    }
    case 1: {
      if (!random.chance(0.1)) break;
      // Sound, and a thousand times its size: 9000 x 9000 pixels are 243 MB.
      const made = bombs.get('png') ?? png(9000, 9000);
      bombs.set('png', made);
      return { what: 'PNG bomb of 9000 x 9000', bytes: made };
    }
    case 2: {
      const [depth, colour] = [random.pick([0, 1, 2, 4, 8, 16, 32]), random.below(8)];
      return { what: `PNG of depth ${depth}, colour ${colour}`, bytes: png(16, 12, depth, colour) };
    }
    case 3: {
      const text = random.pick([
        svg,
        'GIF89a\x01\x00\x01\x00',
        '%PDF-1.4',
        'RIFF\x00\x00\x00\x00WEBPVP8 ',
        'II*\x00\x08\x00\x00\x00',
        '',
      ]);
      return { what: `another kind: ${text.slice(0, 8)}`, bytes: Uint8Array.from(Buffer.from(text, 'latin1')) };
    }
    case 4:
      return mutateBytes(png(16, 12), random);
    case 5:
      return { what: 'a sound image of another size', bytes: png(random.between(1, 40), random.between(1, 40)) };
    default:
      break;
  }
  return mutateBytes(jpeg, random);
}

/** Settings that are absent from most sources. */
function laterSettings(random: Random) {
  if (random.chance(0.6)) return {};
  const size = random.pick([[8, 8] as const, [5, 9] as const, [1, 1] as const, [60_000, 60_000] as const]);
  const letterbox = {
    ...{ size, pad: random.below(256), align: random.pick(['center', 'topLeft'] as const) },
    ...{ rounding: random.pick(['halfEven', 'truncate'] as const), scaleUp: random.chance(0.5) },
  };
  return {
    ...(random.chance(0.7) ? { letterbox, resize: null, crop: null } : { pad: { multiple: 32, value: 0 } }),
    ...(random.chance(0.5) ? { kernel: 'opencvLinear' as const } : {}),
    ...(random.chance(0.5) ? { orientation: 'exif' as const } : {}),
  };
}

export const imageFormat: FuzzFormat = {
  name: 'images',
  weight: 7,
  makeCase(random) {
    const mutated = someImage(random);
    const [where, sound] = random.pick<readonly [string, readonly string[]]>([
      ['a.jpg', []],
      ['c.png', ['b0.jpg']],
      ['x/y/z/a.jpeg', ['x/b0.jpg', 'y/b1.jpg']],
      ['x/a.png', ['y/b1.jpg']],
      [`${'n'.repeat(200)}.png`, []],
      ['a.png', ['x/b0.jpg']],
    ]);
    const labels = random.pick([
      null,
      null,
      null,
      null,
      null,
      null,
      `${where},1\n`,
      `${sound[0] ?? where},4\n${where},99999999999\n`,
    ]);
    const geometry = random.chance(0.7)
      ? { resize: random.pick([null, [5, 4] as const]), crop: null }
      : {
          resize: random.pick([8, 1, [3, 5] as const, 100_000, [60_000, 60_000] as const, 2 ** 31]),
          crop: random.pick([null, 4, [2, 3] as const, 100_000]),
        };
    const channels = random.pick([1, 3] as const);
    const preprocess = somePreprocess(random);
    const later = laterSettings(random);
    return {
      what: `${mutated.what} as ${where.slice(0, 20)}, ${JSON.stringify({ ...geometry, ...later })}, ${channels} channels`,
      async read(folder) {
        const path = join(folder, 'images');
        rmSync(path, { recursive: true, force: true });
        for (const inner of ['', 'x', 'x/y', 'x/y/z', 'y']) mkdirSync(join(path, inner));
        for (const name of sound) writeFileSync(join(path, name), jpeg);
        writeFileSync(join(path, where), mutated.bytes);
        if (labels !== null) writeFileSync(join(folder, 'i.csv'), labels);
        const csv = labels === null ? null : join(folder, 'i.csv');
        const source: DataSource = {
          format: 'imageFolder',
          path,
          labels: csv,
          kernel: 'linear',
          channels,
          ...geometry,
          ...later,
        };
        await readSamples(source, preprocess);
      },
    };
  },
};
