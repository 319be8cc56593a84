import { DatasetError } from '../dataset-error.js';
import type { ByteSource } from '../io/file-source.js';

/** More chunks than any recorder writes. */
const MOST_CHUNKS = 4096;
/** The longest form of `fmt `, that of WAVE_FORMAT_EXTENSIBLE. */
const EXTENSIBLE_BYTES = 40;
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** What follows the format's number in the GUID of an extensible file, hex. */
const GUID_TAIL = '000000001000800000aa00389b71';
/** What a program writes that cannot go back to say how long its output became. */
const UNKNOWN_BYTES = 0xffffffff;

/** How the numbers of a WAV file are stored. */
export type WavEncoding = 'uint8' | 'int16' | 'int24' | 'int32' | 'float32';

/** A mono WAV file. */
export interface WavHeader {
  readonly encoding: WavEncoding;
  /** Hz. */
  readonly sampleRate: number;
  /** Number of samples. */
  readonly length: number;
  readonly sampleBytes: number;
  /** Byte of the file where the first sample begins. */
  readonly dataStart: number;
}

/** A chunk of a RIFF file. */
interface Chunk {
  readonly start: number;
  readonly sizeBytes: number;
}

/**
 * Reads the header of a WAV file (Microsoft and IBM, Multimedia Programming Interface 1.0, 1991;
 * WAVE_FORMAT_EXTENSIBLE). Chunks may come in any order; of odd ones a byte of padding is skipped.
 *
 * @throws DatasetError with the byte where the file is no mono PCM or float32 WAV, or is cut short
 */
export function readWavHeader(source: ByteSource): WavHeader {
  if (source.sizeBytes < 12) throw noWav(source, `${source.sizeBytes} bytes`);
  const start = bytesAt(source, 0, 12);
  if (textOf(start, 0) !== 'RIFF' || textOf(start, 8) !== 'WAVE') {
    throw noWav(source, textOf(start, 0) === 'RF64' ? 'RF64, the form for files above 4 GB' : start.toString('hex'));
  }
  const { format, data } = findChunks(source);
  const { encoding, sampleRate, sampleBytes } = readFormat(source, format);
  if (data.sizeBytes % sampleBytes !== 0) {
    const expected = `whole samples of ${sampleBytes} bytes`;
    throw bad(source, data.start, expected, `${data.sizeBytes} bytes of data`, 'The file is cut short or damaged.');
  }
  if (data.sizeBytes === 0) throw bad(source, data.start, 'at least one sample', 'none', 'Take it out of the folder.');
  return { encoding, sampleRate, length: data.sizeBytes / sampleBytes, sampleBytes, dataStart: data.start };
}

/** The first `fmt ` and the first `data`. */
function findChunks(source: ByteSource): { readonly format: Chunk; readonly data: Chunk } {
  let [format, data]: [Chunk | null, Chunk | null] = [null, null];
  let position = 12;
  for (let chunks = 0; chunks < MOST_CHUNKS && position + 8 <= source.sizeBytes; chunks += 1) {
    const head = bytesAt(source, position, 8);
    const [name, sizeBytes] = [textOf(head, 0), head.readUInt32LE(4)];
    const chunk = { start: position + 8, sizeBytes };
    if (name === 'data' && data === null) data = checkedData(source, chunk);
    if (name === 'fmt ' && format === null) format = chunk;
    if (format !== null && data !== null) return { format, data };
    position = chunk.start + sizeBytes + (sizeBytes % 2);
  }
  const missing = format === null ? 'fmt ' : 'data';
  const got = `none up to byte ${Math.min(position, source.sizeBytes)}`;
  throw bad(source, 12, `a chunk "${missing}"`, got, 'The file is cut short or damaged.');
}

function checkedData(source: ByteSource, { start, sizeBytes }: Chunk): Chunk {
  const present = source.sizeBytes - start;
  if (sizeBytes <= present) return { start, sizeBytes };
  const got = `the end of the file after ${present}`;
  const advice =
    sizeBytes === UNKNOWN_BYTES
      ? 'Its length was never filled in, as when a program writes into a pipe: convert it once more, from file to file.'
      : 'The file is cut short.';
  throw bad(source, start, `${sizeBytes} bytes of data, as the header says`, got, advice);
}

function readFormat(source: ByteSource, { start, sizeBytes }: Chunk): Omit<WavHeader, 'length' | 'dataStart'> {
  if (sizeBytes < 16) {
    throw bad(source, start, 'a chunk "fmt " of at least 16 bytes', String(sizeBytes), 'The file is damaged.');
  }
  const fields = bytesAt(source, start, Math.min(sizeBytes, EXTENSIBLE_BYTES));
  const tag = formatTag(source, start, fields);
  const [channels, sampleRate] = [fields.readUInt16LE(2), fields.readUInt32LE(4)];
  const [blockBytes, bits] = [fields.readUInt16LE(12), fields.readUInt16LE(14)];
  if (channels !== 1) {
    const advice = 'Mix it down: ffmpeg -i IN.wav -ac 1 OUT.wav.';
    throw bad(source, start + 2, 'one channel (mono)', `${channels} channels`, advice);
  }
  const encoding = ENCODINGS.get(`${tag}/${bits}`);
  if (encoding === undefined) {
    const got = `${tag === PCM ? 'PCM' : tag === FLOAT ? 'float' : `format 0x${tag.toString(16)}`} of ${bits} bits`;
    const advice = 'Convert it: ffmpeg -i IN.wav -c:a pcm_s16le OUT.wav.';
    throw bad(source, start, 'PCM of 8, 16, 24 or 32 bits, or float of 32', got, advice);
  }
  if (blockBytes !== bits / 8) {
    throw bad(source, start + 12, `blocks of ${bits / 8} bytes`, String(blockBytes), 'The file is damaged.');
  }
  if (sampleRate === 0) throw bad(source, start + 4, 'a sample rate above 0', '0', 'The file is damaged.');
  return { encoding, sampleRate, sampleBytes: blockBytes };
}

/** By number of the format and bits. */
const ENCODINGS: ReadonlyMap<string, WavEncoding> = new Map([
  [`${PCM}/8`, 'uint8'],
  [`${PCM}/16`, 'int16'],
  [`${PCM}/24`, 'int24'],
  [`${PCM}/32`, 'int32'],
  [`${FLOAT}/32`, 'float32'],
]);

/** The format's number; of an extensible file the one in its GUID. */
function formatTag(source: ByteSource, start: number, fields: Buffer): number {
  const tag = fields.readUInt16LE(0);
  if (tag !== EXTENSIBLE) return tag;
  const guid = fields.length < EXTENSIBLE_BYTES ? '' : fields.toString('hex', 26);
  if (guid === GUID_TAIL) return fields.readUInt16LE(24);
  const got = guid === '' ? `a chunk of ${fields.length} bytes` : `a GUID that ends in ${guid}`;
  throw bad(source, start, 'the GUID of PCM or float in an extensible format', got, 'The file is damaged.');
}

function bytesAt(source: ByteSource, position: number, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  source.read(position, bytes);
  return bytes;
}

function textOf(bytes: Buffer, from: number): string {
  return bytes.toString('latin1', from, from + 4);
}

function noWav(source: ByteSource, got: string): DatasetError {
  const expected = 'a WAV file, which begins with RIFF and WAVE';
  return bad(source, 0, expected, got, 'Convert it, or take it out of the folder.');
}

function bad(source: ByteSource, byte: number, expected: string, got: string, advice: string): DatasetError {
  return new DatasetError({ expected, got, where: `${source.path}, byte ${byte}`, advice });
}
