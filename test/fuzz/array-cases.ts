import { gzipSync } from 'node:zlib';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset } from '../../src/formats/open-dataset.js';
import { npyArray, npyFile } from '../formats/npy-bytes.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import type { FuzzFormat } from './fuzz-case.js';
import { mutateBytes, type Mutated } from './mutate-bytes.js';
import type { Random } from './random.js';
import { readSamples, somePreprocess } from './read-samples.js';

const shape = [6, 3, 4, 5] as const;
const count = 360;
const floats = npyArray('<f4', shape, randomFloats(1, count));

/** A sound array of any dtype, as the start of a mutation. */
export function soundArray(random: Random): Uint8Array {
  const descr = random.pick(['<f4', '<f2', '<f8', '|u1', '|i1', '<u2', '<i4', '<i8', '|b1']);
  const itemBytes = Number(descr.slice(2));
  if (descr === '<f4') return floats;
  const values =
    descr === '<f8' ? Float64Array.from({ length: count }, (_, i) => i / 7) : random.bytes(count * itemBytes);
  return npyArray(descr, shape, values);
}

const names = [
  '<f4',
  '>f4',
  '<f2',
  '<f16',
  '<c8',
  '|O',
  '|S5',
  '<U3',
  '|V4',
  '<M8[s]',
  '',
  '<',
  'f4',
  '=f4',
  '<f3',
  '__proto__',
];
const sizes = [
  '6',
  '0',
  '-1',
  '-6',
  '1e3',
  '6.0',
  '9007199254740993',
  '99999999999999999999',
  '4294967296',
  '6L',
  'None',
  "'a'",
  '',
];

/** A header that says something else than the data hold. */
function lyingArray(random: Random): Mutated {
  const descr = random.pick(names);
  const order = random.pick(['False', 'False', 'True', 'None', '0']);
  const axes = random.pick([0, 1, 2, 4, 4, 4, 33, 20_000]);
  const dims = Array.from({ length: axes }, (_, axis) =>
    random.chance(0.4) ? random.pick(sizes) : axes > 4 ? random.pick(['1', '1', '2']) : String(shape[axis]),
  );
  const dict = random.pick([
    `{'descr': '|u1', 'fortran_order': False, 'shape': (${'1048576, '.repeat(random.between(2, 60))}0), }`,
    `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${dims.join(', ')}), }`,
    `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${dims.join(',')})}`,
    `{'shape': (6, 3, 4, 5), 'descr': '${descr}', 'fortran_order': ${order}, 'shape': (1,)}`,
    `{'descr': [('a', '<f4'), ('b', '<i4')], 'fortran_order': ${order}, 'shape': (${dims.join(', ')}), }`,
    `{'descr': '<f4', 'fortran_order': False, 'shape': (6, 3, 4, 5), 'more': ${'('.repeat(5000)} }`,
    `{'descr': '<f4', 'fortran_order': False, 'shape': (6,${' '.repeat(30_000)}3, 4, 5), }${' '.repeat(30_000)}x`,
    `{'descr': '${'f'.repeat(20_000)}', 'fortran_order': False, 'shape': (6, 3, 4, 5), }`,
    `{'descr': '\x1b[31m<f4', 'fortran_order': False, 'shape': (6, 3, 4, 5), }`,
  ]);
  const data = new Uint8Array(randomFloats(1, count).buffer);
  const bytes =
    dict.length < 65_000 ? npyFile(dict, random.chance(0.8) ? data : data.slice(0, random.below(1440))) : floats;
  return { what: `header ${dict.slice(0, 120)}`, bytes };
}

/** Numbers that are sound in the file and not after it was read. */
function wildNumbers(random: Random): Mutated {
  const descr = random.pick(['<f2', '<f4', '<f8']);
  const wild = random.pick([NaN, Infinity, -Infinity, 3.4e38, 1e300, 1e-320]);
  const at = random.below(count);
  const values = Float64Array.from({ length: count }, (_, i) => (i === at ? wild : i / 100));
  const bytes =
    descr === '<f8'
      ? npyArray(descr, shape, values)
      : descr === '<f4'
        ? npyArray(descr, shape, Float32Array.from(values))
        : npyArray(
            descr,
            shape,
            Uint16Array.from(values, (value) =>
              value === wild ? random.pick([0x7c00, 0xfc00, 0x7e01, 0x7bff]) : 0x3c00,
            ),
          );
  return { what: `${wild} in ${descr}`, bytes };
}

/** Sizes of which every number is sound, but not what they lead to. */
function oddShape(random: Random): Mutated {
  const [descr, axes] = random.pick<[string, readonly number[]]>([
    ['|u1', [1, 300_000]],
    ['|u1', [1, 300_000, 1, 1]],
    ['|u1', [300_000, 1]],
    ['|u1', [1, 1, 300_000]],
    ['<f4', [75_000, 1]],
    ['<f4', [1, 75_000]],
    ['|u1', [0, 3, 4]],
    ['|u1', [3, 0, 4]],
    ['|u1', [300_000]],
    ['|u1', []],
    ['|u1', Array.from({ length: 3000 }, () => 1)],
  ]);
  const size = axes.reduce((product, axis) => product * axis, Number(descr.slice(2)));
  return { what: `${descr} of [${axes.slice(0, 6).join(', ')}]`, bytes: npyArray(descr, axes, new Uint8Array(size)) };
}

export function mutatedArray(random: Random): Mutated {
  switch (random.below(5)) {
    case 0:
    case 1:
      return lyingArray(random);
    case 2:
      return wildNumbers(random);
    case 3:
      return oddShape(random);
    default:
      return mutateBytes(soundArray(random), random);
  }
}

/** Labels that do not fit, or do. */
function someLabels(random: Random): Uint8Array | null {
  if (random.chance(0.5)) return null;
  const values = Array.from({ length: 6 }, () => random.pick([0, 1, 9, random.pick([-1, 2 ** 31, 2 ** 40, 255])]));
  return random.pick([
    () => npyArray('<i8', [6], BigInt64Array.from(values, BigInt)),
    () => npyArray('<i4', [6], Int32Array.from(values)),
    () => npyArray('<f4', [6], Float32Array.from(values)),
    () => npyArray('<i4', [6, 1], Int32Array.from(values)),
    () => npyArray('<i4', [5], Int32Array.from(values.slice(1))),
    () => mutatedArray(random).bytes,
  ])();
}

export const npyFormat: FuzzFormat = {
  name: 'npy',
  weight: 14,
  makeCase(random) {
    const { what, bytes } = mutatedArray(random);
    const labels = someLabels(random);
    const preprocess = somePreprocess(random);
    const sparse = random.chance(0.02) ? random.pick([2 ** 33, 2 ** 40]) : null;
    return {
      what: `${what}${labels === null ? '' : ', labels'}${sparse === null ? '' : `, ${sparse} bytes of holes`}`,
      async read(folder) {
        const path = join(folder, 'a.npy');
        writeFileSync(
          path,
          sparse === null
            ? bytes
            : npyFile(`{'descr': '|u1', 'fortran_order': False, 'shape': (1, ${sparse}), }`, new Uint8Array(0)),
        );
        if (sparse !== null)
          truncateSync(
            path,
            10 + `{'descr': '|u1', 'fortran_order': False, 'shape': (1, ${sparse}), }\n`.length + sparse,
          );
        if (labels !== null) writeFileSync(join(folder, 'l.npy'), labels);
        // Hashing terabytes of holes takes as long as it must: the readers alone are asked there.
        const source = {
          format: 'npy',
          path,
          labels: labels === null ? null : join(folder, 'l.npy'),
          groundTruth: null,
        } as const;
        if (sparse === null) await readSamples(source, preprocess);
        else (await openDataset(source, preprocess)).close();
      },
    };
  },
};

export const npyFolderFormat: FuzzFormat = {
  name: 'npyFolder',
  weight: 5,
  makeCase(random) {
    const samples = Array.from({ length: 3 }, () => npyArray('<f4', [3, 4, 5], randomFloats(random.below(99), 60)));
    const mutated = random.chance(0.5) ? mutatedArray(random) : mutateBytes(samples[1]!, random);
    samples[random.below(3)] = mutated.bytes;
    const labels = random.pick([
      null,
      'a.npy,1\nb.npy,2\nc.npy,0\n',
      'a.npy,1\n',
      'x'.repeat(20_000) + ',1\n',
      '../a.npy,3\n',
    ]);
    const preprocess = somePreprocess(random);
    return {
      what: `${mutated.what}${labels === null ? '' : `, labels ${labels.slice(0, 20)}`}`,
      async read(folder) {
        const path = join(folder, 'arrays');
        rmSync(path, { recursive: true, force: true });
        mkdirSync(path);
        for (const [index, bytes] of samples.entries()) writeFileSync(join(path, `${'abc'[index]!}.npy`), bytes);
        if (labels !== null) writeFileSync(join(folder, 'l.csv'), labels);
        const csv = labels === null ? null : join(folder, 'l.csv');
        await readSamples({ format: 'npyFolder', path, labels: csv, groundTruth: null }, preprocess);
      },
    };
  },
};

/** A sound IDX file of bytes. */
function idxFile(axes: readonly number[], type = 8): Uint8Array {
  const size = axes.reduce((product, axis) => product * axis, 1);
  const bytes = Buffer.alloc(4 + 4 * axes.length + size, 7);
  bytes.writeUInt32BE(type * 256 + axes.length, 0);
  for (const [index, axis] of axes.entries()) bytes.writeUInt32BE(axis, 4 + 4 * index);
  return Uint8Array.from(bytes);
}

function mutatedIdx(random: Random): Mutated {
  const axes = random.chance(0.5)
    ? [4, 5, 6]
    : random.pick([[4, 1, 5, 6], [4], [1, 300_000], [300_000, 1], [0, 5, 6], [2, 0]]);
  const type = random.chance(0.9) ? 8 : random.pick([9, 0x0d, 0]);
  const bytes = idxFile(axes, type);
  if (random.chance(0.5)) return { what: `IDX [${axes.join(', ')}] of type ${type}`, bytes };
  const { what, bytes: mutated } = mutateBytes(bytes, random);
  return { what: `IDX [${axes.join(', ')}]: ${what}`, bytes: mutated };
}

function packed({ what, bytes }: Mutated, random: Random): Mutated {
  switch (random.below(5)) {
    case 0:
    case 1:
      return { what, bytes };
    case 2:
      return { what: `gzip of ${what}`, bytes: Uint8Array.from(gzipSync(bytes)) };
    case 3: {
      const inner = mutateBytes(Uint8Array.from(gzipSync(bytes)), random);
      return { what: `gzip of ${what}: ${inner.what}`, bytes: inner.bytes };
    }
    default: {
      // A bomb: 64 MB of zeros behind a header that is sound, or says that they are there.
      const declared = random.pick([4, 2 ** 26]);
      const header = Buffer.from(idxFile([1, 1, 4])).subarray(0, 16);
      header.writeUInt32BE(declared, 12);
      return { what: `gzip bomb that declares ${declared} bytes`, bytes: bomb(header) };
    }
  }
}

let zeros: Buffer | null = null;
function bomb(header: Uint8Array): Uint8Array {
  zeros ??= gzipSync(Buffer.alloc(2 ** 26));
  // Two members follow each other: gzip files may be concatenated.
  return Uint8Array.from(Buffer.concat([gzipSync(header), zeros, zeros, zeros, zeros, zeros, zeros, zeros, zeros]));
}

export const idxFormat: FuzzFormat = {
  name: 'idx',
  weight: 8,
  makeCase(random) {
    const samples = packed(mutatedIdx(random), random);
    const labels = random.chance(0.5)
      ? null
      : packed(random.chance(0.5) ? { what: 'labels', bytes: idxFile([4]) } : mutatedIdx(random), random);
    const preprocess = somePreprocess(random);
    return {
      what: `${samples.what}${labels === null ? '' : ` with ${labels.what}`}`,
      async read(folder) {
        const path = join(folder, 'a.idx');
        writeFileSync(path, samples.bytes);
        if (labels !== null) writeFileSync(join(folder, 'l.idx'), labels.bytes);
        await readSamples({ format: 'idx', path, labels: labels === null ? null : join(folder, 'l.idx') }, preprocess);
      },
    };
  },
};

const record = Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? 3 : i % 256));

export const cifarFormat: FuzzFormat = {
  name: 'cifar10',
  weight: 4,
  makeCase(random) {
    const records = Uint8Array.from(Buffer.concat(Array.from({ length: random.between(1, 4) }, () => record)));
    const mutated = mutateBytes(records, random);
    const wholeAgain = random.chance(0.5)
      ? mutated.bytes.slice(0, Math.floor(mutated.bytes.length / 3073) * 3073)
      : mutated.bytes;
    const preprocess = somePreprocess(random);
    return {
      what: mutated.what,
      async read(folder) {
        const path = join(folder, 'c.bin');
        writeFileSync(path, wholeAgain);
        await readSamples({ format: 'cifar10', path }, preprocess);
      },
    };
  },
};
