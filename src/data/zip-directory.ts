import { DatasetError } from './dataset-error.js';
import type { ByteSource } from './file-source.js';

/** One member of a ZIP archive. */
export interface ZipMember {
  readonly name: string;
  readonly method: 'stored' | 'deflated' | 'other';
  readonly isEncrypted: boolean;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  /** Byte of the member's local header. */
  readonly headerStart: number;
}

const END_RECORD = 0x06054b50;
const END_RECORD_BYTES = 22;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_LOCATOR_BYTES = 20;
const ZIP64_END_RECORD = 0x06064b50;
const DIRECTORY_ENTRY = 0x02014b50;
const DIRECTORY_ENTRY_BYTES = 46;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const ZIP64_EXTRA = 1;
/** About 200,000 members. */
const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024;

/**
 * Reads the list of members from the end of a ZIP archive, ZIP64 included (PKWARE APPNOTE 6.3.10, 4.3.12-4.3.16), without
 * reading the members.
 *
 * @throws DatasetError when it is no ZIP archive, or a damaged one.
 */
export function readZipDirectory(source: ByteSource): ZipMember[] {
  const { start, sizeBytes } = findDirectory(source);
  if (sizeBytes > MAX_DIRECTORY_BYTES || start + sizeBytes > source.sizeBytes) {
    throw damaged(source, `a directory of ${sizeBytes} bytes at byte ${start}`, start);
  }
  const bytes = readBytes(source, start, sizeBytes);
  const members: ZipMember[] = [];
  let place = 0;
  while (place < sizeBytes) {
    if (place + DIRECTORY_ENTRY_BYTES > sizeBytes || bytes.readUInt32LE(place) !== DIRECTORY_ENTRY) {
      throw damaged(source, 'a broken directory entry', start + place);
    }
    const nameEnd = place + DIRECTORY_ENTRY_BYTES + bytes.readUInt16LE(place + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(place + 30);
    const end = extraEnd + bytes.readUInt16LE(place + 32);
    if (end > sizeBytes) throw damaged(source, 'a broken directory entry', start + place);
    members.push(readEntry(bytes, place, nameEnd, extraEnd));
    place = end;
  }
  return members;
}

/**
 * Returns the byte at which the data of `member` begin.
 *
 * @throws DatasetError when there is no such member there or its data leave the file.
 */
export function locateMemberData(source: ByteSource, member: ZipMember): number {
  const { headerStart } = member;
  if (headerStart + LOCAL_HEADER_BYTES > source.sizeBytes)
    throw damaged(source, 'a member beyond the end', headerStart);
  const header = readBytes(source, headerStart, LOCAL_HEADER_BYTES);
  if (header.readUInt32LE(0) !== LOCAL_HEADER) throw damaged(source, 'no member where one should be', headerStart);
  const start = headerStart + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (start + member.compressedBytes > source.sizeBytes) throw damaged(source, 'a member beyond the end', headerStart);
  return start;
}

function findDirectory(source: ByteSource): { start: number; sizeBytes: number } {
  // The end record is the last thing but for a comment of at most 65,535 bytes.
  const tailStart = Math.max(0, source.sizeBytes - END_RECORD_BYTES - 65535);
  const tail = readBytes(source, tailStart, source.sizeBytes - tailStart);
  let place = tail.length - END_RECORD_BYTES;
  while (place >= 0 && tail.readUInt32LE(place) !== END_RECORD) place -= 1;
  if (place < 0) {
    throw new DatasetError({
      expected: 'a .npz file (a ZIP archive)',
      got: `${source.sizeBytes} bytes without the end record of one`,
      where: source.path,
      advice: 'The file is cut short or of another kind; write it with numpy.savez.',
    });
  }
  const locator = place - ZIP64_LOCATOR_BYTES;
  if (locator >= 0 && tail.readUInt32LE(locator) === ZIP64_LOCATOR) {
    const recordStart = readUInt64(tail, locator + 8);
    if (recordStart + 56 > source.sizeBytes) throw damaged(source, 'an end record beyond the end', tailStart + locator);
    const record = readBytes(source, recordStart, 56);
    if (record.readUInt32LE(0) !== ZIP64_END_RECORD) throw damaged(source, 'no ZIP64 end record', recordStart);
    return { sizeBytes: readUInt64(record, 40), start: readUInt64(record, 48) };
  }
  return { sizeBytes: tail.readUInt32LE(place + 12), start: tail.readUInt32LE(place + 16) };
}

function readEntry(bytes: Buffer, place: number, nameEnd: number, extraEnd: number): ZipMember {
  const method = bytes.readUInt16LE(place + 10);
  // ZIP64 puts, in this order, only those of the three values that do not fit into their 32-bit fields.
  const wide = readZip64Extra(bytes, nameEnd, extraEnd);
  const widen = (field: number): number => (field === 0xffffffff ? (wide.shift() ?? field) : field);
  const uncompressedBytes = widen(bytes.readUInt32LE(place + 24));
  const compressedBytes = widen(bytes.readUInt32LE(place + 20));
  const headerStart = widen(bytes.readUInt32LE(place + 42));
  return {
    name: bytes.toString('utf8', place + DIRECTORY_ENTRY_BYTES, nameEnd),
    method: method === 0 ? 'stored' : method === 8 ? 'deflated' : 'other',
    isEncrypted: (bytes.readUInt16LE(place + 8) & 1) === 1,
    crc32: bytes.readUInt32LE(place + 16),
    compressedBytes,
    uncompressedBytes,
    headerStart,
  };
}

function readZip64Extra(bytes: Buffer, start: number, end: number): number[] {
  for (let place = start; place + 4 <= end; place += 4 + bytes.readUInt16LE(place + 2)) {
    const length = bytes.readUInt16LE(place + 2);
    if (bytes.readUInt16LE(place) !== ZIP64_EXTRA || place + 4 + length > end) continue;
    return Array.from({ length: Math.min(3, Math.floor(length / 8)) }, (_, index) =>
      readUInt64(bytes, place + 4 + 8 * index),
    );
  }
  return [];
}

/** Beyond 2^53 the result is inexact, and beyond every file's end, which the callers check. */
function readUInt64(bytes: Buffer, place: number): number {
  return bytes.readUInt32LE(place + 4) * 2 ** 32 + bytes.readUInt32LE(place);
}

function readBytes(source: ByteSource, position: number, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  source.read(position, bytes);
  return bytes;
}

function damaged(source: ByteSource, got: string, byte: number): DatasetError {
  return new DatasetError({
    expected: 'a sound ZIP archive',
    got,
    where: `${source.path}, byte ${byte}`,
    advice: 'The file is damaged; write it again.',
  });
}
