import { DatasetError } from '../dataset-error.js';
import { fileKind } from './file-kind.js';
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
const ZIP64_END_RECORD_BYTES = 56;
const DIRECTORY_ENTRY = 0x02014b50;
const DIRECTORY_ENTRY_BYTES = 46;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const ZIP64_EXTRA = 1;
/** About 200,000 members. */
const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024;

/**
 * Reads the list of members from the end of a ZIP archive, ZIP64 included (PKWARE APPNOTE 6.3.10,
 * 4.3.12-4.3.16), without reading the members. Bytes in front of the archive, as self-extracting
 * ones have, are skipped, as Python's zipfile does.
 *
 * @throws DatasetError when it is no ZIP archive, or a damaged one.
 */
export function readZipDirectory(source: ByteSource): ZipMember[] {
  const { start, sizeBytes, bytesInFront } = findDirectory(source);
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
    members.push(readEntry(bytes, place, nameEnd, extraEnd, bytesInFront));
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

/**
 * Where the directory is, and how many bytes stand before the archive, from whose start its offsets
 * count.
 */
interface Directory {
  readonly start: number;
  readonly sizeBytes: number;
  readonly bytesInFront: number;
}

function findDirectory(source: ByteSource): Directory {
  // The end record is the last thing but for a comment of at most 65,535 bytes.
  const tailStart = Math.max(0, source.sizeBytes - END_RECORD_BYTES - 65535);
  const tail = readBytes(source, tailStart, source.sizeBytes - tailStart);
  const place = findEndRecord(tail);
  if (place < 0) {
    const kind = fileKind(readBytes(source, 0, Math.min(12, source.sizeBytes)));
    // One that begins as an archive and lacks its end is cut short.
    const isOther = kind !== null && kind.name !== 'a ZIP archive';
    throw new DatasetError({
      expected: 'a .npz file (a ZIP archive)',
      got: `${source.sizeBytes} bytes without the end record of one${isOther ? `, ${kind.name}` : ''}`,
      where: source.path,
      advice: isOther ? kind.advice : 'The file is cut short or of another kind; write it with numpy.savez.',
    });
  }
  const locator = place - ZIP64_LOCATOR_BYTES;
  if (locator >= 0 && tail.readUInt32LE(locator) === ZIP64_LOCATOR) {
    const recordStart = findZip64Record(source, readUInt64(tail, locator + 8), tailStart + locator);
    const record = readBytes(source, recordStart, ZIP64_END_RECORD_BYTES);
    return locateDirectory(source, readUInt64(record, 48), readUInt64(record, 40), recordStart);
  }
  return locateDirectory(source, tail.readUInt32LE(place + 16), tail.readUInt32LE(place + 12), tailStart + place);
}

/** The last signature whose comment ends with the file; else, as others do, the last signature. */
function findEndRecord(tail: Buffer): number {
  let last = -1;
  for (let place = tail.length - END_RECORD_BYTES; place >= 0; place -= 1) {
    if (tail.readUInt32LE(place) !== END_RECORD) continue;
    if (place + END_RECORD_BYTES + tail.readUInt16LE(place + 20) === tail.length) return place;
    if (last < 0) last = place;
  }
  return last;
}

/**
 * @param stated its place by the locator, which bytes in front of the archive move up to the
 *   locator itself
 */
function findZip64Record(source: ByteSource, stated: number, locator: number): number {
  for (const place of [stated, locator - ZIP64_END_RECORD_BYTES]) {
    if (place < 0 || place + ZIP64_END_RECORD_BYTES > source.sizeBytes) continue;
    if (readBytes(source, place, 4).readUInt32LE(0) === ZIP64_END_RECORD) return place;
  }
  throw damaged(source, 'no ZIP64 end record', stated);
}

/** @param end byte of the record that ends the directory */
function locateDirectory(source: ByteSource, stated: number, sizeBytes: number, end: number): Directory {
  const isThere = (start: number): boolean =>
    start >= 0 && start + 4 <= source.sizeBytes && readBytes(source, start, 4).readUInt32LE(0) === DIRECTORY_ENTRY;
  // Only where nothing is at the stated place: bytes between the directory and its end do no harm.
  if (sizeBytes > 0 && end - sizeBytes > stated && !isThere(stated) && isThere(end - sizeBytes)) {
    return { start: end - sizeBytes, sizeBytes, bytesInFront: end - sizeBytes - stated };
  }
  return { start: stated, sizeBytes, bytesInFront: 0 };
}

function readEntry(bytes: Buffer, place: number, nameEnd: number, extraEnd: number, bytesInFront: number): ZipMember {
  const method = bytes.readUInt16LE(place + 10);
  // ZIP64 puts, in this order, only those of the three values that do not fit into their 32-bit
  // fields.
  const wide = readZip64Extra(bytes, nameEnd, extraEnd);
  const widen = (field: number): number => (field === 0xffffffff ? (wide.shift() ?? field) : field);
  const uncompressedBytes = widen(bytes.readUInt32LE(place + 24));
  const compressedBytes = widen(bytes.readUInt32LE(place + 20));
  const headerStart = widen(bytes.readUInt32LE(place + 42)) + bytesInFront;
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
