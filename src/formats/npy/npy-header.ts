import { DatasetError } from '../dataset-error.js';
import { fileKind } from '../io/file-kind.js';
import type { ByteSource } from '../io/file-source.js';
import { NPY_DTYPES, type NpyDtype } from './npy-dtype.js';

/** An array of a `.npy` file, C order. */
export interface NpyArray {
  readonly source: ByteSource;
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  /** Byte of the first number. */
  readonly dataStart: number;
}

/** As NumPy's arrays. */
const MOST_AXES = 64;
/** NumPy's own headers are below 10,000 bytes, its reader's default limit. */
const MAX_HEADER_BYTES = 65536;
const MAGIC = '\x93NUMPY';
/**
 * The dict of the header as NumPy and others write it: three keys in any order, a trailing comma or
 * none, `10L` of Python 2.
 */
const ENTRY =
  /^\s*(?:'(descr)'\s*:\s*'([^'\\]*)'|'(fortran_order)'\s*:\s*(True|False)|'(shape)'\s*:\s*\(([\dL,\s]*)\))\s*(,|$)/;

/**
 * Reads the header of a `.npy` file, format version 1, 2 or 3
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), and checks it against
 * the file's size.
 *
 * @throws DatasetError when the header is damaged, the dtype can't be read, the order is Fortran's,
 *   or the size differs.
 */
export function readNpyHeader(source: ByteSource): NpyArray {
  const { text, dataStart } = readHeaderText(source);
  const fields = parseDict(text, source.path);
  const dtype = readDtype(fields.descr, source.path);
  if (fields.fortranOrder) {
    throw new DatasetError({
      expected: 'an array in C order',
      got: 'one in Fortran order',
      where: source.path,
      advice: 'Write it again with numpy.save(path, numpy.ascontiguousarray(array)).',
    });
  }
  // In this order, since 0 times a product that left float64 would be NaN.
  const expectedBytes = fields.shape.includes(0)
    ? 0
    : fields.shape.reduce((product, size) => product * size, dtype.itemBytes);
  if (dataStart + expectedBytes !== source.sizeBytes) {
    throw new DatasetError({
      expected: `${expectedBytes} bytes of data for ${dtype.name} of shape [${fields.shape.join(', ')}]`,
      got: `${source.sizeBytes - dataStart}`,
      where: `${source.path}, byte ${dataStart}`,
      advice: 'The file is cut short, or its header is damaged.',
    });
  }
  return { source, dtype, shape: fields.shape, dataStart };
}

function readHeaderText(source: ByteSource): { text: string; dataStart: number } {
  const start = new Uint8Array(Math.min(12, source.sizeBytes));
  source.read(0, start);
  if (start.length < 10 || Buffer.from(start.subarray(0, 6)).toString('latin1') !== MAGIC) {
    const kind = fileKind(start);
    const bytes = `${source.sizeBytes} bytes that begin with ${Buffer.from(start.subarray(0, 6)).toString('hex') || 'nothing'}`;
    throw new DatasetError({
      expected: 'a .npy file, which begins with 934e554d5059',
      got: kind === null ? bytes : `${bytes}, ${kind.name}`,
      where: source.path,
      advice: kind?.advice ?? 'Write it with numpy.save.',
    });
  }
  const [major, minor] = [start[6]!, start[7]!];
  if (major < 1 || major > 3 || minor !== 0) {
    throw new DatasetError({
      expected: '.npy format version 1.0, 2.0 or 3.0',
      got: `${major}.${minor}`,
      where: `${source.path}, byte 6`,
    });
  }
  const lengthBytes = major === 1 ? 2 : 4;
  const headerStart = 8 + lengthBytes;
  const length = start.length < headerStart ? -1 : Buffer.from(start).readUIntLE(8, lengthBytes);
  if (length < 0 || length > MAX_HEADER_BYTES || headerStart + length > source.sizeBytes) {
    throw new DatasetError({
      expected: `a header of at most ${MAX_HEADER_BYTES} bytes within the file's ${source.sizeBytes}`,
      got: length < 0 ? 'the end of the file' : `${length}`,
      where: `${source.path}, byte 8`,
      advice: 'The file is cut short or damaged.',
    });
  }
  const header = new Uint8Array(length);
  source.read(headerStart, header);
  return {
    text: Buffer.from(header).toString(major === 3 ? 'utf8' : 'latin1'),
    dataStart: headerStart + length,
  };
}

interface HeaderFields {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

function parseDict(text: string, path: string): HeaderFields {
  const body = /^\{(.*)\}\s*$/s.exec(text)?.[1];
  const values = new Map<string, string>();
  let rest = body ?? 'no dict';
  while (rest.trim() !== '') {
    const entry = ENTRY.exec(rest);
    const key = entry?.[1] ?? entry?.[3] ?? entry?.[5];
    if (entry === null || key === undefined || values.has(key)) throw badHeader(text, path);
    values.set(key, entry[2] ?? entry[4] ?? entry[6] ?? '');
    rest = rest.slice(entry[0].length);
  }
  const [descr, order, shape] = [values.get('descr'), values.get('fortran_order'), values.get('shape')];
  if (descr === undefined || order === undefined || shape === undefined) throw badHeader(text, path);
  return { descr, fortranOrder: order === 'True', shape: parseShape(shape, text, path) };
}

/**
 * Parses the inside of a Python tuple: ``, `5,` or `2, 3`. `(5)` is a number in Python, not a
 * tuple, but harmless.
 */
function parseShape(tuple: string, text: string, path: string): number[] {
  const trimmed = tuple.trim().replace(/,$/, '').trim();
  if (trimmed === '') return [];
  const items = trimmed.split(',');
  if (items.length > MOST_AXES) {
    const expected = `an array of at most ${MOST_AXES} axes`;
    throw new DatasetError({ expected, got: String(items.length), where: path });
  }
  return items.map((item) => {
    const size = /^\s*(\d{1,16})L?\s*$/.exec(item)?.[1];
    if (size === undefined || !Number.isSafeInteger(Number(size))) throw badHeader(text, path);
    return Number(size);
  });
}

function badHeader(text: string, path: string): DatasetError {
  return new DatasetError({
    expected: "a header {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } with plain numbers",
    got: text.length > 200 ? `${text.slice(0, 200).trim()}...` : text.trim(),
    where: path,
    advice: 'Records and Python objects are not supported.',
  });
}

function readDtype(descr: string, path: string): NpyDtype {
  const dtype = NPY_DTYPES.get(descr.slice(1));
  const order = descr.slice(0, 1);
  if (dtype !== undefined && (order === '<' || (order === '|' && dtype.itemBytes === 1))) return dtype;
  const bigEndian = dtype !== undefined && order === '>';
  throw new DatasetError({
    expected: `one of the dtypes ${[...NPY_DTYPES.keys()].join(', ')}, little endian`,
    got: bigEndian ? `'${descr}', big endian` : `'${descr}'`,
    where: path,
    advice: bigEndian
      ? `Convert it with array.astype('<${dtype.name}').`
      : "Convert it, for example with array.astype('<f4').",
  });
}
