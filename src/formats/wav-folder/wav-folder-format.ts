import { join } from 'node:path';
import { defineFormat, filesByRole } from '../format.js';
import { listFiles, listFolders } from '../io/list-files.js';
import { folderClasses } from '../labels/folder-classes.js';
import { openWavFolder, WAV_DEPTH, WAV_EXTENSIONS } from './wav-folder.js';
import { locateWavFolder, wavFolderSettings } from './wav-folder-settings.js';

export const wavFolderFormat = defineFormat({
  description: 'Folder of mono WAV files, in the order of their paths.',
  settings: wavFolderSettings,
  labels: 'onceOpened',
  groundTruth: 'never',
  channels: 'first',
  locate: locateWavFolder,
  code: () => null,
  paths: ['path', 'labels', 'classes'],
  listing: { extensions: WAV_EXTENSIONS, depth: WAV_DEPTH },
  // Names inside the folder count: they give the order, and classes or the lines of a CSV go by
  // them.
  files: ({ path, labels, classes }) => [
    ...listFiles(path, WAV_EXTENSIONS, WAV_DEPTH).map((name) => ({
      role: `sample ${name}`,
      path: join(path, name),
    })),
    ...filesByRole({ labels }),
    ...(typeof classes === 'string' ? [{ role: null, path: classes }] : []),
  ],
  // Folders without files number the others.
  folderNames: ({ path, labels }) => (labels === null ? listFolders(path) : null),
  identity: ({ path, labels, classes, sampleRate, length, align, channelAxis }) => ({
    header: { sampleRate, length, align, channelAxis },
    before: labels === null ? [{ classes: folderClasses(path, classes ?? null) }] : [],
  }),
  open: openWavFolder,
});
