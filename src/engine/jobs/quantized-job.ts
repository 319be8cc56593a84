import type { CalibrationSettings, LayerSettings, QuantizationSettings } from '../../experiment/sections/settings.js';
import type { PreprocessSettings } from '../../formats/preprocess/preprocess-settings.js';
import type { ObservationRecord } from '../../records/observation-record.js';
import type { CanonicalSmoothing } from '../../smooth/smoothing-settings.js';
import type { TaskSettings } from '../../tasks/task-settings.js';
import type { JobFacts } from './job-facts.js';
import type { JobModel } from './job-model.js';

/** What jobs that quantize the model over calibration samples have in common. */
export interface QuantizedJob {
  readonly model: JobModel;
  readonly preprocess: PreprocessSettings;
  readonly calibration: CalibrationSettings;
  readonly layers: LayerSettings;
  readonly quantization: QuantizationSettings;
  readonly smoothing: CanonicalSmoothing;
  readonly task: TaskSettings;
  readonly observation: ObservationRecord;
}

/** Samples of one run: it changes no result; this many stay in the caches of a CPU. */
export const RUN_SAMPLES = 16;

export const quantizedFacts: JobFacts<QuantizedJob> = {
  samplesPerRun: () => RUN_SAMPLES,
  data: ({ calibration, preprocess }) => ({ source: calibration.source, preprocess }),
  batchSetting: () => null,
};
