import type { JsonObject } from './json-value.js';
import type { ResizeKernel } from './preprocess/preprocess-settings.js';

/** Where samples come from. Paths are absolute once loaded; in the file they are relative to the file. */
export type DataSource = SampleSource & {
  /** Where the model's further inputs come from, by name; absent where it has none. */
  readonly inputs?: Readonly<Record<string, InputSource>>;
};

/** One further input of the model. Exactly one of `path` and `value` is not null. */
export interface InputSource {
  /** `.npy` or, with `array`, `.npz`. */
  readonly path: string | null;
  /** Member of an archive; null for a `.npy`. */
  readonly array: string | null;
  /** One number for the whole tensor. */
  readonly value: number | boolean | null;
  /** `sample`: the array is `[N, ...]`, one entry a sample; `run`: the whole array is fed to every run. */
  readonly per: 'sample' | 'run';
}

export type SyntheticDistribution = 'normal' | 'uniform' | 'halfNormal';

/** Where the samples of a model's main input come from. */
export type SampleSource =
  | {
      readonly format: 'cifar10';
      /** CIFAR-10 binary file: records of 1 label byte and 3072 pixel bytes (R, G, B planes of 32x32). */
      readonly path: string;
    }
  | {
      readonly format: 'npy';
      /** Samples `[N, ...]`. */
      readonly path: string;
      /** Integer class labels `[N]`, a second `.npy`; null without labels. */
      readonly labels: string | null;
      /** Detection ground truth, JSON; null without. */
      readonly groundTruth: string | null;
    }
  | {
      readonly format: 'npz';
      readonly path: string;
      /** Member that holds the samples `[N, ...]`. */
      readonly array: string;
      /** Member that holds integer class labels `[N]`; null without. */
      readonly labelsArray: string | null;
      readonly groundTruth: string | null;
    }
  | {
      readonly format: 'idx';
      /** IDX file of bytes `[N, ...]` (MNIST's format), plain or gzip. */
      readonly path: string;
      /** IDX file of labels `[N]`, plain or gzip; null without. */
      readonly labels: string | null;
    }
  | {
      readonly format: 'npyFolder';
      /** Folder of `.npy` files, one sample each, in the order of their names. */
      readonly path: string;
      /** Integer class labels: a `.npy` `[N]`, or a CSV of file name and label; null without. */
      readonly labels: string | null;
      readonly groundTruth: string | null;
    }
  | {
      readonly format: 'imageFolder';
      /** Folder of JPEG and PNG files, in the order of their paths inside it. */
      readonly path: string;
      /** CSV of path and label; null: classes by the name of the sub-folder, or none where there are no sub-folders. */
      readonly labels: string | null;
      /** Names of the classes in the order of their labels, or a file with one a line; absent: all sub-folders, sorted. */
      readonly classes?: string | readonly string[];
      /** Length of the shorter side, or `[height, width]`; null: as stored. */
      readonly resize: number | readonly [number, number] | null;
      /** Centre crop after resizing: side, or `[height, width]`; null: none. */
      readonly crop: number | readonly [number, number] | null;
      readonly kernel: ResizeKernel;
      /** 3: red, green, blue; 1: luminance. */
      readonly channels: 1 | 3;
    }
  | {
      readonly format: 'synthetic';
      /** Shape of one sample, channels first. */
      readonly shape: readonly number[];
      readonly distribution: SyntheticDistribution;
      /** Factor by channel: of all, or of some by index; null: 1. */
      readonly channelScales: readonly number[] | Readonly<Record<string, number>> | null;
      readonly seed: number;
      /** Number of samples. */
      readonly count: number;
    }
  | {
      readonly format: 'module';
      /** ES module whose default export opens the dataset. */
      readonly path: string;
      /** Handed to the module. */
      readonly options: JsonObject;
    }
  | {
      readonly format: 'bevScenes';
      /** Seed of the generator of bird's-eye-view LiDAR scenes (the embedded demo's data). */
      readonly seed: number;
      /** Number of scenes. */
      readonly scenes: number;
    };
