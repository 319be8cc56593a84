import type { PlannedTrial } from '../../plan/plan.js';
import type { Connection } from '../file/connection.js';
import { settingColumns, settingValue } from '../schema/setting-columns.js';

/**
 * Columns of `trial` that follow from its plan alone: its keys, its settings as JSON, and its
 * single settings.
 */
export const plannedColumns: readonly string[] = [
  ...['role', 'fp32_key', 'unsmoothed_key', 'simulated_key', 'settings', 'calibration_data'],
  ...settingColumns.map(({ name }) => name),
];

/**
 * Values of {@link plannedColumns}, in that order. Sample counts are the asked ones; finishing a
 * trial puts the real ones.
 */
export function plannedValues(trial: PlannedTrial): readonly (string | number | null)[] {
  const { settings, fp32Key, unsmoothedKey, simulatedKey, calibrationDataKey } = trial;
  return [
    ...[settings.role, fp32Key, unsmoothedKey, simulatedKey, JSON.stringify(settings), calibrationDataKey],
    ...settingColumns.map((column) => settingValue(column, settings)),
  ];
}

/** Rows of other tables that a trial builds on. */
export interface TrialLinks {
  readonly observation: { readonly id: number; readonly samples: number } | null;
  readonly momentsStage: number | null;
  readonly searchStage: number | null;
  readonly rankStage: number | null;
  readonly keepStage: number | null;
}

/**
 * The observation, the second moments, the search and the ranking of a trial, each null where it
 * does not exist (yet).
 */
export function findTrialLinks(connection: Connection, trial: PlannedTrial): TrialLinks {
  const batches = trial.settings.calibration?.batches;
  const observation =
    trial.observeKey === null || batches === undefined
      ? undefined
      : (connection.get(
          'SELECT o.id, o.samples FROM observation o JOIN stage s ON s.id = o.stage_id WHERE s.key = ? AND o.batches = ?',
          trial.observeKey,
          batches,
        ) as { id: number; samples: number } | undefined);
  return {
    observation: observation ?? null,
    momentsStage: stageId(connection, trial.momentsKey),
    searchStage: stageId(connection, trial.searchKey),
    rankStage: stageId(connection, trial.rankKey),
    keepStage: stageId(connection, trial.keepKey),
  };
}

function stageId(connection: Connection, key: string | null): number | null {
  if (key === null) return null;
  const row = connection.get('SELECT id FROM stage WHERE key = ?', key) as { id: number } | undefined;
  return row?.id ?? null;
}
