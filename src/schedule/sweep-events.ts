import type { FailureRecord } from '../records/failure-record.js';
import type { StopRecord } from '../records/trial-record.js';
import type { PlannedStage, PlannedTrial } from '../plan/plan.js';
import type { SweepWarning } from './sweep-warnings.js';

/** What happens while a sweep runs, for whoever shows it. */
export type SweepEvent =
  | {
      readonly kind: 'started';
      readonly trials: number;
      readonly finishedTrials: number;
      /** Those of them that were stopped early. */
      readonly stoppedTrials: number;
      readonly stages: number;
      readonly finishedStages: number;
      readonly best: BestTrial | null;
    }
  | { readonly kind: 'workStarted'; readonly label: string }
  /** Share of all work to do in this run that is done, 0..1, with the work now running. */
  | { readonly kind: 'progress'; readonly share: number; readonly running: readonly string[] }
  /** What a finished stage shows to be wrong; of stages that were finished before, at the start. */
  | { readonly kind: 'warning'; readonly warning: SweepWarning }
  | { readonly kind: 'stageFinished'; readonly stage: PlannedStage; readonly durationMs: number }
  | {
      readonly kind: 'trialFinished';
      readonly trial: PlannedTrial;
      readonly metric: string;
      readonly value: number;
      readonly durationMs: number;
      readonly best: BestTrial | null;
    }
  | {
      /** It is certainly not the best, and was not evaluated to the end. */
      readonly kind: 'trialStopped';
      readonly trial: PlannedTrial;
      readonly stopped: StopRecord;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'retrying';
      readonly label: string;
      readonly failure: FailureRecord;
      readonly attempt: number;
      /** Samples of one run from now on; null: as the settings say. */
      readonly batchLimit: number | null;
    }
  | {
      /** Another program holds the database; told again each minute. */
      readonly kind: 'waiting';
      readonly message: string;
      readonly waitedMs: number;
      /** `run.lockWaitMinutes`: when they are over the sweep ends. */
      readonly limitMinutes: number;
    }
  | { readonly kind: 'waited'; readonly waitedMs: number }
  | {
      readonly kind: 'failed';
      readonly work: 'stage' | 'trial';
      readonly label: string;
      readonly failure: FailureRecord;
    };

/**
 * The best complete setting of the sweep so far: the one that `show best` and `export best` take.
 */
export interface BestTrial {
  readonly label: string;
  readonly value: number;
}

export type OnSweepEvent = (event: SweepEvent) => void;
