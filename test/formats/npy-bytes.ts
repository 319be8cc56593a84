/** Returns a version 1.0 `.npy` file with the given dict and data. */
export function npyFile(dict: string, data: Uint8Array): Uint8Array {
  const header = Buffer.from(`${dict}\n`);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, header, data]);
}

/** Returns a `.npy` file of `descr` and `shape` in C order. */
export function npyArray(
  descr: string,
  shape: readonly number[],
  data: { readonly buffer: ArrayBufferLike },
): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]!},)` : `(${shape.join(', ')})`;
  return npyFile(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`, new Uint8Array(data.buffer));
}
