import { file, flag, integer, oneOf } from '../../schema/schema-leaves.js';
import type { Settled } from '../../schema/settled.js';
import { folderLabelSettings, locateFolderLabels, type FolderLabelSource } from '../labels/folder-labels.js';

export const wavFolderSettings = {
  path: file('the path of a folder', 'The folder.'),
  ...folderLabelSettings,
  sampleRate: integer(1, 'Sample rate that every file must have, in Hz; null: that of the first file.')
    .nullable()
    .default(null),
  length: integer(
    1,
    'Length of a sample, e.g. 16000: longer files are cut, shorter ones filled up with zeros; null: as stored.',
  )
    .nullable()
    .default(null),
  align: oneOf(
    ['start', 'center', 'end'],
    'Which part of a longer file is kept, and where a shorter one lies among the zeros.',
  ).default('start'),
  channelAxis: flag('true: samples are `[1, L]`; false: `[L]`.').default(true),
};

type Settings = Settled<typeof wavFolderSettings>;

export type WavFolderSource = Omit<Settings, 'labels' | 'classes'> & FolderLabelSource;

/** @param absolute a path of the file as an absolute one */
export function locateWavFolder(settings: Settings, absolute: (path: string) => string): WavFolderSource {
  const { path, sampleRate, length, align, channelAxis } = settings;
  return { path: absolute(path), ...locateFolderLabels(settings, absolute), sampleRate, length, align, channelAxis };
}
