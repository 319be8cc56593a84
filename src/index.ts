/**
 * quantsweep for programs. What the command line does is done by these functions:
 *
 *     loadExperiment ──> planSweep   what would run
 *                    └─> runSweep    runs it, results go to its SQLite database
 *     openResults, renderReport, exportModel, exportScales   read that database
 *     addNote, removeNote                      what people write on its trials and sweeps
 *     scorePredictions                         a task's metric of stored outputs
 *     inspectModel, initExperiment             a model looked at, a first experiment written
 *     runAgent, listAgents, cancelSweep        other machines that run it, over a broker
 *
 * Node 22.14 or newer, ES modules. docs/API.md has an example of each.
 */

export { loadExperiment } from './api/load-experiment.js';
export type { ExperimentObject, LoadOptions } from './api/load-experiment.js';
export { planSweep } from './api/plan-sweep.js';
export type {
  PlanOptions,
  ShardPreview,
  StagePreview,
  SweepPreview,
  TrialPreview,
  WorkState,
} from './api/plan-sweep.js';
export { runSweep } from './api/run-sweep.js';
export type { RunEvent, RunOptions, RunOutcome } from './api/run-sweep.js';
export type { Shard, ShardOfSweep } from './api/require-shard.js';
export { openResults } from './api/open-results.js';
export type { ResultRow, Results } from './api/open-results.js';
export { renderReport } from './api/render-report.js';
export type { ReportRequest } from './api/render-report.js';
export { migrateDatabase } from './api/migrate-database.js';
export type { Migration } from './api/migrate-database.js';
export { mergeDatabases } from './api/merge-databases.js';
export type { MergedSource, MergeEvent, MergeOptions, MergeOutcome } from './api/merge-databases.js';
export { addNote, removeNote } from './api/notes.js';
export type { NoteOutcome, NoteRequest } from './api/notes.js';
export { initExperiment } from './api/init-experiment.js';
export type { InitOutcome, InitRequest } from './api/init-experiment.js';
export { inspectModel } from './api/inspect-model.js';
export type { InspectedModel, InspectOptions } from './api/inspect-model.js';
export { scorePredictions } from './api/score-predictions.js';
export type { Score, ScoreRequest } from './api/score-predictions.js';
export { exportModel } from './api/export-model.js';
export type { ExportOutcome, ExportRequest } from './api/export-model.js';
export { exportScales } from './api/export-scales.js';
export type { ScalesOutcome, ScalesRequest } from './api/export-scales.js';
export { cancelSweep, listAgents, runAgent } from './api/agents.js';
export type { AgentSettings, BrokerPopulation, BrokerSweep, Cancelled } from './api/agents.js';
export type { BrokerOptions } from './api/broker.js';
export type { AgentRecord } from './records/agent-record.js';

export type { Executor, ExecutorRequest, OpenExecutor, Work, WorkEvents } from './engine/executor.js';
export type { Place } from './records/place.js';
export { localExecutor } from './engine/local/local-executor.js';
export type { Experiment } from './experiment/sections/settings.js';
export type { QueryParameters, SqlValue } from './store/query/query-database.js';
export type { ViewName, ViewRow } from './store/query/view-columns.js';
export type { BestTrial, SweepEvent } from './schedule/sweep-events.js';
export type { FailedTrial, SweepOutcome } from './schedule/run-sweep.js';

export { QuantsweepError } from './errors/quantsweep-error.js';
export { JobError, JobInterrupted, JobReturned } from './engine/executor.js';
export { MissingPackageError } from './errors/missing-package-error.js';
export { ExperimentError } from './experiment/experiment-error.js';
export { ExperimentFileError } from './errors/experiment-file-error.js';
export { InputError } from './errors/input-error.js';
export { SurroundingsError } from './errors/surroundings-error.js';
export { UsageError } from './errors/usage-error.js';
export { DatasetError } from './formats/dataset-error.js';
export { ModelError } from './onnx/model-error.js';
export { MergeConflictError, MixedClassesError } from './store/merge/merge-conflict.js';
export type { MergeConflict } from './store/merge/merge-conflict.js';
export { StoreError } from './store/store-error.js';
