import { crc32, inflateRawSync } from 'node:zlib';

import { DatasetError } from '../dataset-error.js';
import { memorySource, openFile, windowOf, type ByteSource } from '../io/file-source.js';
import { MOST_INFLATED_BYTES, mostInflatedBytes } from '../io/inflation.js';
import { locateMemberData, readZipDirectory, type ZipMember } from '../io/zip-directory.js';

/**
 * Opens the array `array` of a `.npz` file: the `.npy` bytes of member `array.npy`, checked against
 * their CRC-32 now. A stored member (numpy.savez) is read by position; a deflated one
 * (numpy.savez_compressed) is inflated into memory, at most `maxInflatedBytes`.
 *
 * @throws DatasetError when the archive is damaged, the member is missing (its members are listed),
 *   there twice, encrypted, too large or doesn't match its checksum.
 */
export function openNpzMember(path: string, array: string, maxInflatedBytes: number = MOST_INFLATED_BYTES): ByteSource {
  const file = openFile(path);
  try {
    const member = findMember(file, array);
    const data = windowOf(file, `${path}:${member.name}`, locateMemberData(file, member), member.compressedBytes);
    if (member.method === 'stored') {
      checkCrc32(checksum(data), member, data);
      return data;
    }
    const inflated = memorySource(data.path, inflate(data, member, maxInflatedBytes));
    file.close();
    return inflated;
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * Names of the arrays of an archive, in its order. @throws DatasetError when it is damaged or empty
 */
export function listNpzArrays(path: string): readonly string[] {
  const file = openFile(path);
  try {
    const names = readZipDirectory(file).map(({ name }) => name.replace(/\.npy$/, ''));
    if (names.length > 0) return names;
    throw new DatasetError({ expected: 'at least one array', got: 'an empty archive', where: path });
  } finally {
    file.close();
  }
}

function findMember(file: ByteSource, array: string): ZipMember {
  const members = readZipDirectory(file);
  const [member, second] = members.filter(({ name }) => name === `${array}.npy` || name === array);
  if (member !== undefined && second !== undefined) {
    // NumPy reads the last of two members of one name, other readers the first.
    throw new DatasetError({
      expected: `one array '${array}'`,
      got: `several: members ${member.name} and ${second.name} at bytes ${member.headerStart} and ${second.headerStart}`,
      where: file.path,
      advice: 'Write the archive again with each name once.',
    });
  }
  if (member === undefined) {
    const names = members.slice(0, 20).map(({ name }) => name.replace(/\.npy$/, ''));
    const more = members.length > names.length ? ` and ${members.length - names.length} more` : '';
    throw new DatasetError({
      expected: `an array '${array}'`,
      got: members.length === 0 ? 'an empty archive' : `the arrays ${names.join(', ')}${more}`,
      where: file.path,
    });
  }
  const where = `${file.path}:${member.name}`;
  if (member.isEncrypted) throw new DatasetError({ expected: 'a readable member', got: 'an encrypted one', where });
  if (
    member.method === 'other' ||
    (member.method === 'stored' && member.compressedBytes !== member.uncompressedBytes)
  ) {
    const expected = 'a member that is stored or deflated';
    const advice = 'Write it with numpy.savez or numpy.savez_compressed.';
    throw new DatasetError({ expected, got: 'another compression method', where, advice });
  }
  return member;
}

/**
 * Inflates into one piece of memory of the declared size; a member that is larger than it says ends
 * there.
 */
function inflate(data: ByteSource, member: ZipMember, maxBytes: number): Uint8Array {
  const declared = member.uncompressedBytes;
  const most = mostInflatedBytes(member.compressedBytes, maxBytes);
  if (declared > most) throw tooLarge(data, `${most} bytes (${member.compressedBytes} bytes are compressed)`, declared);
  // Only to make a reader hold them would anybody compress an array to more than that.
  if (data.sizeBytes > maxBytes) throw tooLarge(data, `${maxBytes} bytes when compressed`, data.sizeBytes);
  const compressed = new Uint8Array(data.sizeBytes);
  data.read(0, compressed);
  const bytes = inflated(compressed, declared, data);
  if (bytes.length !== declared) throw wrongSize(data, declared, `${bytes.length}`);
  checkCrc32(crc32(bytes), member, data);
  return bytes;
}

function inflated(compressed: Uint8Array, declared: number, data: ByteSource): Uint8Array {
  try {
    // One byte more than is declared, so that zlib needs no second buffer to see that it is done.
    return inflateRawSync(compressed, {
      chunkSize: Math.max(64, declared + 1),
      maxOutputLength: Math.max(1, declared),
    });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') {
      throw wrongSize(data, declared, 'more');
    }
    const got = cause instanceof Error ? cause.message : String(cause);
    const advice = 'The file is damaged; write it again.';
    throw new DatasetError({ expected: 'sound compressed data', got, where: data.path, advice }, { cause });
  }
}

function checksum(data: ByteSource): number {
  const chunk = new Uint8Array(Math.min(1 << 20, data.sizeBytes));
  let sum = 0;
  for (let place = 0; place < data.sizeBytes; place += chunk.length) {
    const piece = chunk.subarray(0, Math.min(chunk.length, data.sizeBytes - place));
    data.read(place, piece);
    sum = crc32(piece, sum);
  }
  return sum;
}

function checkCrc32(sum: number, member: ZipMember, data: ByteSource): void {
  if (sum === member.crc32) return;
  throw new DatasetError({
    expected: `data with the CRC-32 ${member.crc32.toString(16).padStart(8, '0')}`,
    got: sum.toString(16).padStart(8, '0'),
    where: data.path,
    advice: 'The file is damaged; write it again.',
  });
}

function tooLarge(data: ByteSource, most: string, got: number): DatasetError {
  return new DatasetError({
    expected: `a compressed array of at most ${most}`,
    got: `${got}`,
    where: data.path,
    advice: 'Write it uncompressed, with numpy.savez or numpy.save: then it is read piece by piece.',
  });
}

function wrongSize(data: ByteSource, declared: number, got: string): DatasetError {
  const advice = 'The file is damaged; write it again.';
  return new DatasetError({ expected: `${declared} inflated bytes`, got, where: data.path, advice });
}
