import type { Random } from './random.js';

export interface Mutated {
  readonly what: string;
  readonly bytes: Uint8Array;
}

/**
 * The bytes with one to 64 bits flipped: their lengths stay, so that most formats are read further
 * than with other changes.
 */
export function flipBits(bytes: Uint8Array, random: Random): Mutated {
  const changed = Uint8Array.from(bytes);
  const count = random.pick([1, 1, 2, 8, 64]);
  for (let i = 0; i < count && bytes.length > 0; i++) changed[random.below(bytes.length)]! ^= 1 << random.below(8);
  return { what: `${count} bits flipped`, bytes: changed };
}

const mutations: readonly ((bytes: Uint8Array, random: Random) => Mutated)[] = [
  flipBits,
  (bytes, random) => {
    // Headers lie at the start and lists of contents at the end: that is where a flip means
    // something.
    const changed = Uint8Array.from(bytes);
    const place = Math.min(random.below(160), bytes.length - 1);
    const at = random.chance(0.5) ? place : bytes.length - 1 - place;
    if (bytes.length > 0) changed[at] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
    return { what: `byte ${at} is ${changed[at]}`, bytes: changed };
  },
  (bytes, random) => {
    const length = random.below(bytes.length + 1);
    return { what: `cut to ${length} of ${bytes.length} bytes`, bytes: bytes.slice(0, length) };
  },
  (bytes, random) => {
    const more = random.bytes(random.between(1, 200));
    return { what: `${more.length} bytes appended`, bytes: joined(bytes, more) };
  },
  (bytes, random) => {
    const length = random.between(1, Math.min(4096, bytes.length || 1));
    const from = random.below(bytes.length);
    const to = random.below(bytes.length);
    const piece = bytes.slice(from, from + length);
    const parts = [bytes.slice(0, to), piece, bytes.slice(random.chance(0.5) ? to : to + length)];
    return { what: `${length} bytes from ${from} spliced in at ${to}`, bytes: joined(...parts) };
  },
  (bytes, random) => {
    const from = random.below(bytes.length);
    const length = random.between(1, 64);
    return {
      what: `${length} bytes from ${from} left out`,
      bytes: joined(bytes.slice(0, from), bytes.slice(from + length)),
    };
  },
  (bytes, random) => {
    const changed = Uint8Array.from(bytes);
    const from = random.below(bytes.length);
    const length = random.between(1, 512);
    const filler = random.pick([0, 0xff]);
    changed.fill(filler, from, from + length);
    return { what: `${length} bytes from ${from} are ${filler}`, bytes: changed };
  },
  (bytes, random) => {
    // The lengths and counts of binary formats: 4 bytes, either order, at a place near the start.
    const changed = Uint8Array.from(bytes);
    const view = new DataView(changed.buffer);
    const at = random.below(Math.max(1, Math.min(bytes.length - 4, 400)));
    const value = random.pick([0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, bytes.length, bytes.length * 2]);
    if (bytes.length >= at + 4) view.setUint32(at, value, random.chance(0.5));
    return { what: `the number at ${at} is ${value}`, bytes: changed };
  },
  (bytes, random) => {
    // A varint with all bits, as a wrong length in protobuf.
    const at = random.below(Math.min(bytes.length, 2000));
    const varint = random.pick([
      [0xff, 0xff, 0xff, 0xff, 0x0f],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      [0x80, 0x80, 0x80, 0x00],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ]);
    const parts = [bytes.slice(0, at), Uint8Array.from(varint), bytes.slice(at + 1)];
    return { what: `a varint of ${varint.length} bytes at ${at}`, bytes: joined(...parts) };
  },
  (_bytes, random) => {
    const bytes = random.bytes(random.pick([0, 1, 3, 12, 100, 5000]));
    return { what: `${bytes.length} random bytes`, bytes };
  },
];

/**
 * The bytes with one or a few of: flipped bits, wrong lengths, pieces cut, spliced, repeated or
 * overwritten.
 */
export function mutateBytes(bytes: Uint8Array, random: Random): Mutated {
  let mutated = random.pick(mutations)(bytes, random);
  while (random.chance(0.25)) {
    const again = random.pick(mutations.slice(0, -1))(mutated.bytes, random);
    mutated = { what: `${mutated.what}, ${again.what}`, bytes: again.bytes };
  }
  return mutated;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
