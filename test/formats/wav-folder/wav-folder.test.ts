import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SampleSource } from '../../../src/formats/data-source.js';
import { hashSource } from '../../../src/formats/hash-source.js';
import { openDataset } from '../../../src/formats/open-dataset.js';
import type { PreprocessSettings } from '../../../src/formats/preprocess/preprocess-settings.js';
import { int16, riff, wav, wavChunk, wavFormat, type WavSpec } from '../wav-bytes.js';
import { AS_STORED, temporaryFolder } from '../write-files.js';

type WavFolderSource = Extract<SampleSource, { format: 'wavFolder' }>;

function sourceOf(path: string, changes: Partial<WavFolderSource> = {}): WavFolderSource {
  const settings = { labels: null, sampleRate: null, length: null, align: 'start', channelAxis: true } as const;
  return { format: 'wavFolder', path, ...settings, ...changes };
}

function open(path: string, changes: Partial<WavFolderSource> = {}, preprocess: Partial<PreprocessSettings> = {}) {
  return openDataset(sourceOf(path, changes), { ...AS_STORED, ...preprocess });
}

/** The numbers of a folder with this one file. */
async function read(bytes: Uint8Array, changes: Partial<WavFolderSource> = {}): Promise<number[]> {
  const dataset = await open(dirname(temporaryFolder()('a.wav', bytes)), changes);
  const into = new Float32Array(dataset.sampleShape.reduce((a, b) => a * b, 1));
  await dataset.read(0, 1, into);
  dataset.close();
  return [...into];
}

const list = wavChunk('LIST', Buffer.from('INFOISFT\x05\0\0\0Lavf\0\0', 'latin1'));

describe('a folder of WAV files', () => {
  it.each<[string, Uint8Array, WavSpec, readonly number[]]>([
    ['bytes around 128', Uint8Array.of(0, 64, 128, 192, 255), { bits: 8 }, [-1, -0.5, 0, 0.5, 127 / 128]],
    ['16 bits', int16(-32768, -1, 0, 1, 32767), {}, [-1, -1 / 32768, 0, 1 / 32768, 32767 / 32768]],
    [
      '24 bits',
      Uint8Array.of(0, 0, 0x80, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0xff, 0xff, 0x7f),
      { bits: 24 },
      [-1, -1 / 8388608, 0, 1 / 8388608, 8388607 / 8388608],
    ],
    [
      '32 bits',
      new Uint8Array(Int32Array.of(-2147483648, -1, 0, 2 ** 30).buffer),
      { bits: 32 },
      [-1, -1 / 2147483648, 0, 0.5],
    ],
    [
      'float32, beyond 1 too',
      new Uint8Array(Float32Array.of(-0.25, 1.5, 0).buffer),
      { format: 3, bits: 32 },
      [-0.25, 1.5, 0],
    ],
    ['an extensible header of 24 bits', Uint8Array.of(0, 0, 0x40), { bits: 24, extensible: true }, [0.5]],
    [
      'an extensible header of floats',
      new Uint8Array(Float32Array.of(0.125).buffer),
      { format: 3, bits: 32, extensible: true },
      [0.125],
    ],
  ])('gives %s', async (_, data, spec, expected) => {
    expect(await read(wav(data, spec))).toEqual(expected);
  });

  it.each<[string, Buffer]>([
    ['a LIST before fmt', wav(int16(1, 2), { before: [list] })],
    ['a LIST before data', wav(int16(1, 2), { between: [list] })],
    ['an odd chunk and its padding', wav(int16(1, 2), { between: [wavChunk('note', Buffer.from('abc'))] })],
    ['chunks after data', wav(int16(1, 2), { after: [list, wavChunk('id3 ', Buffer.from('xyz'))] })],
    ['data before fmt', riff(wavChunk('data', int16(1, 2)), wavFormat())],
    ['a second data', wav(int16(1, 2), { after: [wavChunk('data', int16(9, 9, 9))] })],
    ['bytes after the last chunk', Buffer.concat([wav(int16(1, 2)), Buffer.from('junk')])],
    [
      'a fmt of 18 bytes',
      riff(wavChunk('fmt ', Buffer.concat([wavFormat().subarray(8), Buffer.alloc(2)])), wavChunk('data', int16(1, 2))),
    ],
  ])('reads past %s', async (_, bytes) => {
    expect(await read(bytes)).toEqual([1 / 32768, 2 / 32768]);
  });

  it.each<[WavFolderSource['align'], number, readonly number[]]>([
    ['start', 3, [1, 2, 3]],
    ['end', 3, [3, 4, 5]],
    ['center', 3, [2, 3, 4]],
    // One more is left at the end.
    ['center', 2, [2, 3]],
    ['start', 8, [1, 2, 3, 4, 5, 0, 0, 0]],
    ['end', 8, [0, 0, 0, 1, 2, 3, 4, 5]],
    ['center', 8, [0, 1, 2, 3, 4, 5, 0, 0]],
    ['center', 5, [1, 2, 3, 4, 5]],
  ])('aligned at the %s with length %i', async (align, length, expected) => {
    const numbers = await read(wav(int16(1, 2, 3, 4, 5)), { align, length });
    expect(numbers.map((value) => value * 32768)).toEqual(expected);
  });

  it('classes by sub-folder or CSV, in the order of paths, with names and without sizes', async () => {
    const write = temporaryFolder();
    write('set/yes/b.WAV', wav(int16(1)));
    write('set/no/c.wav', wav(int16(2)));
    write('set/yes/notes.txt', 'left out');
    const path = dirname(dirname(write('set/yes/a.wav', wav(int16(3)))));
    const dataset = await open(path);
    expect([dataset.sampleCount, dataset.sampleShape, [...dataset.labels!]]).toEqual([3, [1, 1], [0, 1, 1]]);
    expect(dataset.names).toEqual(['no/c.wav', 'yes/a.wav', 'yes/b.WAV']);
    expect(dataset.notes).toEqual(['1 other file is left out (1 .txt), such as yes/notes.txt']);
    expect(await dataset.origins!(1, 1)).toEqual([{ name: 'yes/a.wav', size: null, placement: null }]);
    const into = new Float32Array(3);
    await dataset.read(0, 3, into);
    expect([...into].map((value) => value * 32768)).toEqual([2, 3, 1]);
    const labels = write('l.csv', 'no/c.wav,7\nyes/a.wav,8\nyes/b.WAV,9\n');
    expect([...(await open(path, { labels })).labels!]).toEqual([7, 8, 9]);
    expect([...(await open(path, { classes: ['yes', 'no'] })).labels!]).toEqual([1, 0, 0]);
  });

  it('is fed as [1, L], [L] or, with channels last, [L, 1], and preprocessed', async () => {
    const path = dirname(temporaryFolder()('a.wav', wav(int16(16384, -16384))));
    const shape = async (...args: Parameters<typeof open>) => (await open(...args)).sampleShape;
    expect(await shape(path)).toEqual([1, 2]);
    expect(await shape(path, { channelAxis: false })).toEqual([2]);
    expect(await shape(path, {}, { feed: 'channelsLast', layout: 'channelsLast' })).toEqual([2, 1]);
    const dataset = await open(path, {}, { divideBy: 0.5, mean: [1], std: [4] });
    const into = new Float32Array(2);
    await dataset.read(0, 1, into);
    expect([...into]).toEqual([0, -0.5]);
  });

  it('hashes what makes samples', async () => {
    const path = dirname(temporaryFolder()('a.wav', wav(int16(1, 2, 3))));
    const changes: readonly Partial<WavFolderSource>[] = [
      {},
      { length: 2 },
      { length: 2, align: 'end' },
      { channelAxis: false },
      { sampleRate: 16000 },
    ];
    const hashes = await Promise.all(changes.map((each) => hashSource(sourceOf(path, each))));
    expect(new Set(hashes).size).toBe(changes.length);
  });
});

describe('a WAV file that is refused', () => {
  const cut = wav(int16(1, 2, 3, 4));
  it.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(0), 'Expected a WAV file, which begins with RIFF and WAVE, got 0 bytes'],
    ['MP3', Buffer.from('ID3\x04\0\0\0\0\0\0\0\0\0', 'latin1'), 'which begins with RIFF and WAVE, got 494433'],
    ['RF64', Buffer.from('RF64\xff\xff\xff\xffWAVEds64', 'latin1'), 'got RF64, the form for files above 4 GB'],
    [
      'cut in the data',
      cut.subarray(0, -3),
      'Expected 8 bytes of data, as the header says, got the end of the file after 5',
    ],
    ['cut in fmt', cut.subarray(0, 30), 'Expected a chunk "data", got none up to byte 30'],
    ['cut before data', cut.subarray(0, 36), 'Expected a chunk "data", got none up to byte 36'],
    ['without fmt', riff(list, wavChunk('data', int16(1))), 'Expected a chunk "fmt ", got none'],
    [
      'from a pipe',
      wav(int16(1), { statedBytes: 0xffffffff }),
      'Its length was never filled in, as when a program writes into a pipe',
    ],
    ['of half a sample', wav(Uint8Array.of(1, 2, 3)), 'Expected whole samples of 2 bytes, got 3 bytes of data'],
    ['without samples', wav(new Uint8Array(0)), 'Expected at least one sample, got none'],
    ['of two channels', wav(int16(1, 2), { channels: 2 }), 'Expected one channel (mono), got 2 channels'],
    [
      'of 12 bits',
      wav(int16(1), { bits: 12 }),
      'Expected PCM of 8, 16, 24 or 32 bits, or float of 32, got PCM of 12 bits',
    ],
    ['of 64 bits', wav(new Uint8Array(8), { format: 3, bits: 64 }), 'got float of 64 bits'],
    ['of mu-law', wav(Uint8Array.of(1), { format: 7, bits: 8 }), 'got format 0x7 of 8 bits'],
    ['of blocks that do not fit', wav(int16(1), { blockBytes: 4 }), 'Expected blocks of 2 bytes, got 4'],
    ['of no rate', wav(int16(1), { sampleRate: 0 }), 'Expected a sample rate above 0, got 0'],
    [
      'of a fmt of 14 bytes',
      riff(wavChunk('fmt ', wavFormat().subarray(8, 22)), wavChunk('data', int16(1))),
      'of at least 16 bytes, got 14',
    ],
    [
      'extensible without a GUID',
      riff(wavChunk('fmt ', wavFormat({ extensible: true }).subarray(8, 26)), wavChunk('data', int16(1))),
      'Expected the GUID of PCM or float in an extensible format, got a chunk of 18 bytes',
    ],
    [
      'extensible with another GUID',
      wav(int16(1), { extensible: true }).fill(0xab, 46, 60),
      'got a GUID that ends in abababab',
    ],
    [
      'of a million chunks',
      riff(...Array.from({ length: 5000 }, () => wavChunk('junk', new Uint8Array(0)))),
      'Expected a chunk "fmt ", got none up to byte 32780',
    ],
    [
      'of a NaN',
      wav(new Uint8Array(Float32Array.of(NaN).buffer), { format: 3, bits: 32 }),
      'Expected finite numbers only, got NaN after preprocessing',
    ],
  ])('is %s', async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(message);
    await expect(read(bytes)).rejects.toThrow(/\(.*a\.wav/);
  });

  it('is of another sample rate, named', async () => {
    const write = temporaryFolder();
    const path = dirname(write('a.wav', wav(int16(1))));
    write('b.wav', wav(int16(1), { sampleRate: 44100 }));
    const dataset = await open(path);
    const readSecond = async (): Promise<void> => dataset.read(1, 1, new Float32Array(1));
    await expect(readSecond()).rejects.toThrow(
      /^Expected a sample rate of 16000 Hz, as a\.wav has, got 44100 Hz \(.*b\.wav\)\. Nothing is resampled here: ffmpeg -i IN\.wav -ar 16000 OUT\.wav\.$/,
    );
    await expect(open(path, { sampleRate: 8000 })).rejects.toThrow(/^Expected a sample rate of 8000 Hz, got 16000 Hz/);
  });

  it('is of another length, unless length says what to do', async () => {
    const write = temporaryFolder();
    const path = dirname(write('a.wav', wav(int16(1, 2))));
    write('b.wav', wav(int16(1)));
    const dataset = await open(path);
    const readSecond = async (): Promise<void> => dataset.read(1, 1, new Float32Array(2));
    await expect(readSecond()).rejects.toThrow(
      /^Expected 2 samples, as a\.wav has, got 1 \(.*b\.wav\)\. Set length, so that all files get one length\.$/,
    );
    dataset.close();
    await expect((async () => dataset.read(0, 1, new Float32Array(2)))()).rejects.toThrow('Expected an open dataset');
  });
});
