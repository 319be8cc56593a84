import { join } from 'node:path';
import type { Dataset } from '../dataset.js';
import { DatasetError } from '../dataset-error.js';
import { closeAfter } from '../io/closing.js';
import { openFile, type ByteSource } from '../io/file-source.js';
import { leftOutNote, listFiles } from '../io/list-files.js';
import { openFolderLabels } from '../labels/folder-labels.js';
import { planPreprocess, preprocessFloats } from '../preprocess/preprocess.js';
import type { PreprocessSettings } from '../preprocess/preprocess-settings.js';
import { checkSampleRange, checkSamples, findNonFinite } from '../sample-range.js';
import { decodeWav } from './decode-wav.js';
import { readWavHeader, type WavHeader } from './wav-header.js';
import type { WavFolderSource } from './wav-folder-settings.js';

export const WAV_EXTENSIONS = ['.wav'] as const;
/** Sub-folders of sub-folders are looked into as well, this deep. */
export const WAV_DEPTH = 8;

/**
 * Opens a folder of mono WAV files, read when asked for, in the order of their paths. Of a file no
 * more is read than its part of the sample. Labels are those of an image folder.
 *
 * @throws DatasetError when there is no file, the first is damaged or has another sample rate, or
 *   labels or preprocessing do not fit; on reading, when a file is damaged, has another sample rate
 *   or, where `length` is null, another length than the first
 */
export function openWavFolder(source: WavFolderSource, preprocess: PreprocessSettings): Dataset {
  const { path: folder, align, channelAxis } = source;
  const files = listFiles(folder, WAV_EXTENSIONS, WAV_DEPTH);
  const { labels, notes } = openFolderLabels(source, files, 'WAV file');
  const leftOut = leftOutNote(folder, WAV_EXTENSIONS, WAV_DEPTH, [source.labels, asPath(source.classes)]);
  const first = closeAfter(openFile(join(folder, files[0]!)), readWavHeader);
  const sampleRate = source.sampleRate ?? first.sampleRate;
  checkRate(first, join(folder, files[0]!));
  const length = source.length ?? first.length;
  // One channel, whatever the layout of other data.
  const plan = planPreprocess([1, length], { ...preprocess, layout: 'channelsFirst' }, folder);
  const values = new Float32Array(length);
  let open = true;

  function checkRate(header: WavHeader, path: string): void {
    if (header.sampleRate === sampleRate) return;
    const others = source.sampleRate === null ? `, as ${files[0]!} has` : '';
    throw new DatasetError({
      expected: `a sample rate of ${sampleRate} Hz${others}`,
      got: `${header.sampleRate} Hz`,
      where: path,
      advice: `Nothing is resampled here: ffmpeg -i IN.wav -ar ${sampleRate} OUT.wav.`,
    });
  }

  function readSample(path: string, into: Float32Array, to: number): void {
    closeAfter(openFile(path), (file) => {
      const header = readWavHeader(file);
      checkRate(header, path);
      if (source.length === null && header.length !== length) {
        throw new DatasetError({
          expected: `${length} samples, as ${files[0]!} has`,
          got: `${header.length}`,
          where: path,
          advice: 'Set length, so that all files get one length.',
        });
      }
      readPart(file, header, align, values);
    });
    preprocessFloats(plan, values, 0, into, to);
    const place = findNonFinite(into, to, to + length);
    if (place < 0) return;
    throw new DatasetError({
      expected: 'finite numbers only',
      got: `${into[place]!} after preprocessing`,
      where: path,
      advice: 'Mend or take out that file.',
    });
  }

  const dataset: Dataset = {
    sampleCount: files.length,
    sampleShape: channelAxis ? plan.sampleShape : [length],
    labels,
    groundTruth: null,
    names: files,
    notes: leftOut === null ? notes : [leftOut, ...notes],
    read(start, count, into) {
      if (!open) throw new DatasetError({ expected: 'an open dataset', got: 'one that was closed', where: folder });
      checkSampleRange(dataset, start, count, into);
      for (let index = 0; index < count; index += 1)
        readSample(join(folder, files[start + index]!), into, index * length);
    },
    origins(start, count) {
      checkSamples(dataset, start, count);
      const named = files.slice(start, start + count);
      return Promise.resolve(named.map((name) => ({ name, size: null, placement: null })));
    },
    close() {
      open = false;
    },
  };
  return dataset;
}

/**
 * Fills `values` with the part of a file that `align` names: of a longer file its start, middle or
 * end; a shorter one lies there among zeros. In the middle an odd sample more is left, or zero more
 * is put, at the end.
 */
function readPart(
  file: ByteSource,
  { encoding, sampleBytes, length, dataStart }: WavHeader,
  align: WavFolderSource['align'],
  values: Float32Array,
): void {
  const over = length - values.length;
  const before = align === 'start' ? 0 : align === 'end' ? Math.abs(over) : Math.floor(Math.abs(over) / 2);
  const bytes = new Uint8Array(Math.min(length, values.length) * sampleBytes);
  file.read(dataStart + (over > 0 ? before : 0) * sampleBytes, bytes);
  values.fill(0);
  decodeWav(encoding, sampleBytes, bytes, values, over < 0 ? before : 0);
}

function asPath(classes: WavFolderSource['classes']): string | null {
  return typeof classes === 'string' ? classes : null;
}
