import { crc32 } from 'node:zlib';

/** An array of a `.npz` file. */
export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array;
}

/** Bits 11 of a zip member's flags: its name is UTF-8. */
const UTF8_NAME = 0x800;

/** 1980-01-01, so that equal arrays give equal bytes. */
const DATE = 0x21;

/**
 * The bytes of a `.npz` file as `numpy.savez` writes it: a zip archive that stores one `.npy` file
 * of format version 1 an array, C order, little-endian (NEP 1; PKWARE APPNOTE 6.3.2).
 */
export function npzBytes(arrays: readonly NamedArray[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const array of arrays) {
    const name = new TextEncoder().encode(`${array.name}.npy`);
    const content = npyBytes(array);
    const entry = new DataView(new ArrayBuffer(26));
    const fields: readonly (readonly [number, 2 | 4])[] = [
      ...([
        [20, 2],
        [UTF8_NAME, 2],
        [0, 2],
        [0, 2],
        [DATE, 2],
      ] as const),
      ...([
        [crc32(content), 4],
        [content.length, 4],
        [content.length, 4],
        [name.length, 2],
        [0, 2],
      ] as const),
    ];
    writeFields(entry, fields);
    const shared = new Uint8Array(entry.buffer);
    const local = joined([signature(0x04034b50), shared, name, content]);
    const rest = new DataView(new ArrayBuffer(14));
    // Comment, disk, attributes inside and outside: none; then where the member begins.
    rest.setUint32(10, offset, true);
    directory.push(joined([signature(0x02014b50), Uint8Array.of(20, 0), shared, new Uint8Array(rest.buffer), name]));
    parts.push(local);
    offset += local.length;
  }
  const central = joined(directory);
  const end = new DataView(new ArrayBuffer(18));
  writeFields(end, [
    ...([
      [0, 2],
      [0, 2],
      [arrays.length, 2],
      [arrays.length, 2],
    ] as const),
    ...([
      [central.length, 4],
      [offset, 4],
      [0, 2],
    ] as const),
  ]);
  return joined([...parts, central, signature(0x06054b50), new Uint8Array(end.buffer)]);
}

function npyBytes({ shape, data }: NamedArray): Uint8Array {
  const type = data instanceof Float32Array ? '<f4' : '|u1';
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${type}', 'fortran_order': False, 'shape': (${axes}), }`;
  // Magic, version and length take 10 bytes; data begin at a multiple of 64.
  const padded = dict.padEnd(Math.ceil((dict.length + 11) / 64) * 64 - 11) + '\n';
  const head = new Uint8Array(10);
  head.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 0xff, padded.length >> 8]);
  return joined([
    head,
    new TextEncoder().encode(padded),
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

function writeFields(view: DataView, fields: readonly (readonly [number, 2 | 4])[]): void {
  let at = 0;
  for (const [value, bytes] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
}

function signature(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return new Uint8Array(view.buffer);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
