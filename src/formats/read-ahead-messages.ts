import type { DataSource } from './data-source.js';
import type { PreprocessSettings } from './preprocess/preprocess-settings.js';

/** What the thread opens: the same samples as the dataset that is read through it. */
export interface AheadSource {
  readonly source: DataSource;
  readonly preprocess: PreprocessSettings;
  readonly sampleSeed: number | null;
}

/** Samples to read: `start .. start + count - 1`. */
export interface ReadRequest {
  readonly id: number;
  readonly start: number;
  readonly count: number;
}

/** Float32 samples one after the other; null where they could not be read. */
export interface ReadAnswer {
  readonly id: number;
  readonly samples: Float32Array | null;
}
