import type { DataSource } from '../../../formats/data-source.js';
import type { PreprocessSettings } from '../../../formats/preprocess/preprocess-settings.js';
import type { JobFacts } from '../job-facts.js';
import type { JobModel } from '../job-model.js';

/** Runs the untouched model once, to see the shapes of its outputs. */
export interface ShapesJob {
  readonly kind: 'shapes';
  readonly model: JobModel;
  readonly preprocess: PreprocessSettings;
  readonly source: DataSource;
  /** Samples of the run; a model with a fixed batch axis overrides it. */
  readonly samples: number;
}

/** Shapes of a model's outputs. */
export interface OutputShapes {
  /** Samples that were fed, with padding. */
  readonly rows: number;
  /** By the output's name. */
  readonly shapes: readonly (readonly [string, readonly number[]])[];
  /**
   * Of evaluated outputs with their samples put first, by name: where they do not lead, or the size
   * hangs on what is found in a sample, which makes a length null. Those in which samples were not
   * found are missing.
   */
  readonly samplesFirst: readonly (readonly [string, readonly (number | null)[]])[];
}

export const shapesFacts: JobFacts<ShapesJob> = {
  samplesPerRun: ({ samples }) => samples,
  data: () => null,
  batchSetting: () => null,
};
