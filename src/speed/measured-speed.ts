import type { ContentKey, SweepPlan } from '../plan/plan.js';
import type { SweepInputs } from '../prepare/sweep-inputs.js';
import type { EnvironmentRecord } from '../records/machine-record.js';
import type { StoredTrial } from '../store/read/read-trial.js';
import type { SweepStore } from '../store/store.js';

/** What measuring the speed of a sweep's trials needs. */
export interface SpeedSurroundings {
  readonly plan: SweepPlan;
  readonly inputs: SweepInputs;
  readonly store: SweepStore;
  /** For writes to the store while another program holds the database. */
  readonly write: (work: () => void) => Promise<void>;
  /** A finished trial with what its exported model is made of. */
  readonly readTrial: (key: ContentKey) => StoredTrial;
  /** This machine. */
  readonly environment: EnvironmentRecord;
  /** Lines for people. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** How measuring ended. */
export interface MeasuredSpeed {
  /** Comparisons that were made. */
  readonly measured: number;
  /** Comparisons that had been made before. */
  readonly cached: number;
  /** What could not be measured and why, for people. */
  readonly failures: readonly string[];
  readonly interrupted: boolean;
}
