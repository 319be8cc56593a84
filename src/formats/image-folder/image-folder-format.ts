import { join } from 'node:path';
import { defineFormat, filesByRole } from '../format.js';
import { listFiles, listFolders } from '../io/list-files.js';
import { imageLibraryVersion } from './decode-image.js';
import { folderClasses } from '../labels/folder-classes.js';
import { IMAGE_DEPTH, IMAGE_EXTENSIONS, openImageFolder } from './image-folder.js';
import { imageFolderSettings, locateImageFolder } from './image-folder-settings.js';
import { sizeImageFolder } from './source-geometry.js';

export const imageFolderFormat = defineFormat({
  description: 'Folder of JPEG and PNG files, in the order of their paths.',
  settings: imageFolderSettings,
  labels: 'onceOpened',
  groundTruth: 'never',
  channels: 'first',
  locate: locateImageFolder,
  code: () => null,
  paths: ['path', 'labels', 'classes'],
  listing: { extensions: IMAGE_EXTENSIONS, depth: IMAGE_DEPTH },
  // Names inside the folder count: they give the order, and classes or the lines of a CSV go by
  // them.
  files: ({ path, labels, classes }) => [
    ...listFiles(path, IMAGE_EXTENSIONS, IMAGE_DEPTH).map((name) => ({
      role: `sample ${name}`,
      path: join(path, name),
    })),
    ...filesByRole({ labels }),
    ...(typeof classes === 'string' ? [{ role: null, path: classes }] : []),
  ],
  // Folders without images number the others.
  folderNames: ({ path, labels }) => (labels === null ? listFolders(path) : null),
  // What came later is absent where it asks for nothing.
  identity: async ({ path, labels, classes, resize, crop, kernel, channels, letterbox, pad, orientation }) => ({
    header: { resize, crop, kernel, channels, library: await imageLibraryVersion(), letterbox, pad, orientation },
    before: labels === null ? [{ classes: folderClasses(path, classes ?? null) }] : [],
  }),
  sized: sizeImageFolder,
  open: openImageFolder,
});
