import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import type { FuzzFormat } from './fuzz-case.js';
import { mutateBytes } from './mutate-bytes.js';
import { mutatedArray, soundArray } from './array-cases.js';
import type { Random } from './random.js';
import { readSamples, somePreprocess } from './read-samples.js';

/** What a member says of itself, which need not be true. */
interface Member {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflate: boolean;
  /** Fields of the directory that are written instead of the true ones. */
  readonly lies?: Partial<Record<'method' | 'flags' | 'crc' | 'compressed' | 'uncompressed' | 'offset', number>>;
}

/** A ZIP archive, byte by byte, so that every field can lie. */
function zipFile(
  members: readonly Member[],
  end: { readonly entries?: number; readonly start?: number } = {},
): Uint8Array {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let place = 0;
  for (const { name, data, deflate, lies = {} } of members) {
    const body = deflate ? deflateRawSync(data) : Buffer.from(data);
    const nameBytes = Buffer.from(name);
    const fields = {
      method: lies.method ?? (deflate ? 8 : 0),
      flags: lies.flags ?? 0,
      crc: lies.crc ?? crc32(data),
      compressed: lies.compressed ?? body.length,
      uncompressed: lies.uncompressed ?? data.length,
      offset: lies.offset ?? place,
    };
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(nameBytes.length, 26);
    locals.push(local, nameBytes, body);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(fields.flags, 8);
    entry.writeUInt16LE(fields.method, 10);
    entry.writeUInt32LE(fields.crc >>> 0, 16);
    entry.writeUInt32LE(fields.compressed >>> 0, 20);
    entry.writeUInt32LE(fields.uncompressed >>> 0, 24);
    entry.writeUInt16LE(nameBytes.length, 28);
    entry.writeUInt32LE(fields.offset >>> 0, 42);
    entries.push(entry, nameBytes);
    place += 30 + nameBytes.length + body.length;
  }
  const directory = Buffer.concat(entries);
  const tail = Buffer.alloc(22);
  tail.writeUInt32LE(0x06054b50, 0);
  tail.writeUInt16LE(end.entries ?? members.length, 10);
  tail.writeUInt32LE(directory.length, 12);
  tail.writeUInt32LE((end.start ?? place) >>> 0, 16);
  return Uint8Array.from(Buffer.concat([...locals, directory, tail]));
}

const huge = [0, 1, 2 ** 20, 2 ** 28, 2 ** 30, 2 ** 31, 0xfffffffe, 0xffffffff];
let bombData: Uint8Array | null = null;

/** 300 MB of zeros behind a sound header, deflated to 300 KB; or the same that says it is small. */
function bomb(random: Random): Member {
  bombData ??= (() => {
    const size = 300 * 2 ** 20;
    const dict = `{'descr': '|u1', 'fortran_order': False, 'shape': (3, ${size / 3}), }`.padEnd(117) + '\n';
    const bytes = new Uint8Array(128 + size);
    bytes.set(Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'));
    bytes.set(Buffer.from(dict), 10);
    return bytes;
  })();
  const lies = random.pick([undefined, { uncompressed: 1000 }, { uncompressed: 2 ** 30 }, { compressed: 2 ** 20 }]);
  return { name: 'x.npy', data: bombData, deflate: true, ...(lies === undefined ? {} : { lies }) };
}
let packedBombs = new Map<string, Uint8Array>();

function someArchive(random: Random): { readonly what: string; readonly bytes: Uint8Array } {
  const deflate = random.chance(0.5);
  switch (random.below(7)) {
    case 0: {
      const { what, bytes } = mutatedArray(random);
      return { what: `member ${what}`, bytes: zipFile([{ name: 'x.npy', data: bytes, deflate }]) };
    }
    case 1: {
      if (!random.chance(0.15)) break;
      const member = bomb(random);
      const what = `bomb that says ${JSON.stringify(member.lies ?? 'the truth')}`;
      let bytes = packedBombs.get(what);
      if (bytes === undefined) packedBombs = new Map([...packedBombs, [what, (bytes = zipFile([member]))]]);
      return { what, bytes };
    }
    case 2: {
      const field = random.pick(['method', 'flags', 'crc', 'compressed', 'uncompressed', 'offset'] as const);
      const value = field === 'method' || field === 'flags' ? random.below(65536) : random.pick(huge);
      const bytes = zipFile([{ name: 'x.npy', data: soundArray(random), deflate, lies: { [field]: value } }]);
      return { what: `${field} is ${value}`, bytes };
    }
    case 3: {
      const names = random.pick([
        ['x.npy', 'x.npy'],
        ['../x.npy', 'x.npy'],
        ['y.npy'],
        [],
        ['x'],
        [`${'n'.repeat(10_000)}.npy`],
        Array.from({ length: 3000 }, (_, i) => `a${i}`.repeat(10)),
        ['\x1b[2J.npy', 'a\nb.npy'],
      ]);
      const bytes = zipFile(names.map((name) => ({ name, data: soundArray(random), deflate })));
      return { what: `members ${names.slice(0, 2).join(', ').slice(0, 60)}`, bytes };
    }
    case 4: {
      const start = random.pick(huge);
      const entries = random.pick([0, 1, 65535]);
      const bytes = zipFile([{ name: 'x.npy', data: soundArray(random), deflate }], { start, entries });
      return { what: `directory at ${start} with ${entries} entries`, bytes };
    }
    default:
      break;
  }
  return mutateBytes(zipFile([{ name: 'x.npy', data: soundArray(random), deflate }]), random);
}

export const npzFormat: FuzzFormat = {
  name: 'npz',
  weight: 12,
  makeCase(random) {
    const { what, bytes } = someArchive(random);
    const preprocess = somePreprocess(random);
    const array = random.pick(['x', 'x', 'x', 'x', '', '__proto__', 'q'.repeat(10_000)]);
    return {
      what,
      async read(folder) {
        const path = join(folder, 'a.npz');
        writeFileSync(path, bytes);
        await readSamples({ format: 'npz', path, array, labelsArray: null, groundTruth: null }, preprocess);
      },
    };
  },
};
