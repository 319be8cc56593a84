import type { Experiment } from '../../experiment/sections/settings.js';
import type { ModelRecord } from '../../records/model-record.js';
import type { PlannedStage, PlannedTrial, SweepPlan } from '../../plan/plan.js';
import type { Connection } from '../file/connection.js';
import { findTrialLinks, plannedColumns, plannedValues } from './trial-columns.js';
import { writeModel } from './write-model.js';

/**
 * Records a sweep with its trials and stages, and replaces the membership of the sweep of that
 * name.
 */
export function writeSweep(
  connection: Connection,
  experiment: Experiment,
  plan: SweepPlan,
  models: readonly ModelRecord[],
): void {
  const modelIds = new Map(models.map((model) => [model.path, writeModel(connection, model)]));
  const sweep = writeSweepRow(connection, experiment, plan);
  connection.run('UPDATE writer SET sweep_id = ?', sweep);
  connection.run('DELETE FROM comparison WHERE sweep_id = ?', sweep);
  connection.run('DELETE FROM sweep_trial WHERE sweep_id = ?', sweep);
  connection.run('DELETE FROM sweep_stage WHERE sweep_id = ?', sweep);
  for (const stage of plan.stages) {
    const id = writeStage(connection, stage, modelIds.get(stage.model.path) ?? null);
    connection.run('INSERT INTO sweep_stage (sweep_id, stage_id) VALUES (?, ?)', sweep, id);
  }
  // Thousands of trials have the same few references.
  const references = new Map(plan.trials.map(({ fp32Key, referenceKey }) => [fp32Key, referenceKey]));
  for (const [fp32Key, referenceKey] of references) {
    connection.run(
      'INSERT INTO fp32_reference (fp32_key, stage_id) VALUES (?, ?) ON CONFLICT DO NOTHING',
      fp32Key,
      stageId(connection, referenceKey),
    );
  }
  for (const trial of plan.trials) {
    const id = writePendingTrial(connection, trial, modelIds.get(trial.settings.model.path) ?? null);
    connection.run(
      'INSERT INTO sweep_trial (sweep_id, trial_id, position, label, axes) VALUES (?, ?, ?, ?, ?)',
      sweep,
      id,
      trial.position,
      trial.label,
      JSON.stringify(trial.axes),
    );
  }
}

function writeSweepRow(connection: Connection, experiment: Experiment, plan: SweepPlan): number {
  const now = new Date().toISOString();
  const { run, attempt } = connection.get(
    `SELECT (SELECT coalesce(max(last_run), 0) + 1 FROM sweep) AS run, (SELECT coalesce(max(id), 0) + 1 FROM attempt) AS attempt`,
  ) as { readonly run: number; readonly attempt: number };
  const row = connection.get(
    `INSERT INTO sweep (name, key, question, goal, experiment_path, experiment_yaml, axes, created_at, updated_at, last_run, first_attempt, run_attempt)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET
       key = excluded.key, question = excluded.question, goal = excluded.goal, experiment_path = excluded.experiment_path,
       experiment_yaml = excluded.experiment_yaml, axes = excluded.axes, updated_at = excluded.updated_at,
       last_run = excluded.last_run, run_attempt = excluded.run_attempt
     RETURNING id`,
    plan.name,
    plan.key,
    plan.question,
    plan.goal === null || plan.goal === undefined ? null : JSON.stringify(plan.goal),
    experiment.path,
    experiment.yaml,
    JSON.stringify(plan.axisPaths),
    now,
    now,
    run,
    attempt,
    attempt,
  ) as { id: number };
  return row.id;
}

function writeStage(connection: Connection, stage: PlannedStage, model: number | null): number {
  connection.run(
    `INSERT INTO stage (key, kind, status, model_id, settings) VALUES (?, ?, 'pending', ?, ?) ON CONFLICT (key) DO NOTHING`,
    stage.key,
    stage.kind,
    model,
    JSON.stringify(stage),
  );
  return stageId(connection, stage.key);
}

function stageId(connection: Connection, key: string): number {
  return (connection.get('SELECT id FROM stage WHERE key = ?', key) as { id: number }).id;
}

const insertTrial = `INSERT INTO trial (key, status, model_id, observation_id, moments_stage_id, search_stage_id, rank_stage_id, keep_stage_id, ${plannedColumns.join(', ')})
  VALUES (?, 'pending', ?, ?, ?, ?, ?, ?, ${plannedColumns.map(() => '?').join(', ')})`;

function writePendingTrial(connection: Connection, trial: PlannedTrial, model: number | null): number {
  const known = connection.get('SELECT id FROM trial WHERE key = ?', trial.key) as { id: number } | undefined;
  if (known !== undefined) return known.id;
  const links = findTrialLinks(connection, trial);
  return connection.run(
    insertTrial,
    trial.key,
    model,
    links.observation?.id ?? null,
    links.momentsStage,
    links.searchStage,
    links.rankStage,
    links.keepStage,
    ...plannedValues(trial),
  ).id;
}
