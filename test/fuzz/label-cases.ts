import { memorySource } from '../../src/formats/io/file-source.js';
import { parseGroundTruth, readGroundTruth } from '../../src/formats/labels/ground-truth.js';
import { readLabelCsv } from '../../src/formats/labels/label-csv.js';
import { Unsound, type FuzzFormat } from './fuzz-case.js';
import { mutateBytes } from './mutate-bytes.js';
import type { Random } from './random.js';

const files = ['a.npy', 'b.npy', 'c,d.npy', 'x/e.npy'];
const sound = 'path,label\na.npy,0\nb.npy,12\n"c,d.npy",3\n./x/e.npy,4\n';

function someCsv(random: Random): { readonly what: string; readonly text: Uint8Array } {
  const odd = random.pick([
    () => 'a.npy,'.repeat(50_000),
    () => `${'"'.repeat(40_000)},1\n`,
    () => `${' '.repeat(40_000)}a.npy${' '.repeat(40_000)},1x\n`,
    () => '\n'.repeat(300_000),
    () => sound.replace('12', random.pick(['-1', '1e3', '99999999999', '2147483648', 'NaN', '', '0x1', '١'])),
    () => sound.replace('b.npy', random.pick(['__proto__', '../b.npy', 'b.npy\0', 'k'.repeat(10_000), '\x1b[31mb'])),
    () => sound.replaceAll('\n', random.pick(['\r\n', '\r', '\n\n', '\0'])),
    () => sound + sound,
    () => `\uFEFF${sound}`,
    () => 'a'.repeat(2_000_000),
  ]);
  if (random.chance(0.4)) {
    const text = odd();
    return { what: `CSV ${JSON.stringify(text.slice(0, 60))}`, text: Uint8Array.from(Buffer.from(text)) };
  }
  const { what, bytes } = mutateBytes(Uint8Array.from(Buffer.from(sound)), random);
  return { what: `CSV: ${what}`, text: bytes };
}

export const csvFormat: FuzzFormat = {
  name: 'label CSV',
  weight: 5,
  makeCase(random) {
    const { what, text } = someCsv(random);
    return {
      what,
      read() {
        const labels = readLabelCsv(memorySource('labels.csv', text), files);
        if (labels.length !== files.length || labels.some((label) => label < 0)) throw new Unsound('labels missing');
      },
    };
  },
};

const truth = {
  classes: ['car', 'truck'],
  grid: [32, 40],
  scenes: [
    { id: 0, objects: [{ class: 0, x: 1.5, y: 2.5 }] },
    { id: 1, objects: [] },
    { id: 2, objects: [{ class: 1, x: 39, y: 31.5 }] },
  ],
};

const oddValues = [
  'null',
  '-1',
  '1e999',
  '-1e999',
  '1e-400',
  '"x"',
  '[]',
  '{}',
  '{"a":{"a":1}}',
  'true',
  '9007199254740993',
  '0.5',
  '""',
  `"${'k'.repeat(10_000)}"`,
  '[[[[[[]]]]]]',
  '"\\u001b[2J"',
  '{"__proto__":1}',
  '"\\ud800"',
];

function someTruth(random: Random): { readonly what: string; readonly text: string } {
  const text = JSON.stringify(truth);
  switch (random.below(4)) {
    case 0: {
      const deep = random.pick([100, 5000, 200_000]);
      const value = random.pick(['['.repeat(deep) + ']'.repeat(deep), '{"a":'.repeat(deep) + '1' + '}'.repeat(deep)]);
      const field = random.pick(['classes', 'grid', 'scenes']);
      return {
        what: `${field} nested ${deep} deep`,
        text: text.replace(new RegExp(`("${field}":)(\\[[^\\]]*\\]|\\[)`), `$1${value},"was":$2`),
      };
    }
    case 1:
    case 2: {
      const places = [...text.matchAll(/("[a-z]+":|[[,])([^"[{\]},][^,\]}]*|"[a-z]+"(?!:)|\[\])/g)];
      const place = random.pick(places);
      const value = random.pick(oddValues);
      const start = place.index + place[1]!.length;
      return {
        what: `${value.slice(0, 40)} instead of ${place[2]!} at ${start}`,
        text: text.slice(0, start) + value + text.slice(start + place[2]!.length),
      };
    }
    default: {
      const { what, bytes } = mutateBytes(Uint8Array.from(Buffer.from(text)), random);
      return { what, text: Buffer.from(bytes).toString('utf8') };
    }
  }
}

export const groundTruthFormat: FuzzFormat = {
  name: 'ground truth',
  weight: 6,
  makeCase(random) {
    const { what, text } = someTruth(random);
    const scenes = random.pick([3, 3, 3, 0, 4]);
    return {
      what,
      read() {
        const read = random.chance(0.5)
          ? parseGroundTruth(text, 'truth.json', scenes)
          : readGroundTruth(memorySource('truth.json', Buffer.from(text)), scenes);
        const numbers = read.scenes.flatMap(({ objects }) => objects.flatMap((o) => [o.class, o.x, o.y]));
        if (![...read.grid, ...numbers].every(Number.isFinite)) throw new Unsound('a number that is not finite');
      },
    };
  },
};
