import { cifar10Format } from './cifar10/cifar10-format.js';
import type { Format } from './format.js';
import { idxFormat } from './idx/idx-format.js';
import { imageFolderFormat } from './image-folder/image-folder-format.js';
import { moduleFormat } from './module/module-format.js';
import { npyFolderFormat } from './npy-folder/npy-folder-format.js';
import { npyFormat } from './npy/npy-format.js';
import { npzFormat } from './npz/npz-format.js';
import { syntheticFormat } from './synthetic/synthetic-format.js';
import { wavFolderFormat } from './wav-folder/wav-folder-format.js';

/**
 * Every format of data, by the name that `format:` of an experiment file gives it. A new one is a
 * folder with its definition, and a line here: types, schema, hash, checks and documentation of
 * settings follow.
 */
export const formats = {
  cifar10: cifar10Format,
  npy: npyFormat,
  npz: npzFormat,
  idx: idxFormat,
  npyFolder: npyFolderFormat,
  imageFolder: imageFolderFormat,
  wavFolder: wavFolderFormat,
  synthetic: syntheticFormat,
  module: moduleFormat,
} satisfies Readonly<Record<string, Format>>;

export type FormatName = keyof typeof formats;

export const formatNames = Object.keys(formats) as readonly FormatName[];

/** Formats that are no more, by name: what to write instead. */
export const retiredFormats: Readonly<Record<string, string>> = {
  bevScenes:
    "The demo's scenes are a dataset module now: write format: module, path: demo/scenes/dataset.mjs (as seen from quantsweep's experiments folder), options: { seed: S, scenes: N } with the numbers that it had, and give --allow-code",
};
