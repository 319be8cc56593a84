import type { ExecutionRecord } from '../../records/execution-record.js';
import type { FailureRecord } from '../../records/failure-record.js';
import type { FrontierRecord } from '../../records/frontier-record.js';
import type { KeepRecord } from '../../records/keep-record.js';
import type { LatencyRecord } from '../../records/latency-record.js';
import type { LayerRankRecord } from '../../records/rank-record.js';
import type { AgentRecord } from '../../records/agent-record.js';
import type { WorkerLogRecord } from '../../records/worker-log-record.js';
import type { MachineRecord } from '../../records/machine-record.js';
import type { Place } from '../../records/place.js';
import type { MomentsRecord } from '../../records/moments-record.js';
import type { ModelRecord } from '../../records/model-record.js';
import type { DisplayHistograms, ObservationRecord } from '../../records/observation-record.js';
import type { OutcomeRecord } from '../../records/evaluation-record.js';
import type { StoppedTrialRecord, TrialRecord } from '../../records/trial-record.js';
import type { Experiment } from '../../experiment/sections/settings.js';
import type { ContentKey, PlannedTrial, SweepPlan } from '../../plan/plan.js';
import type { CommitGuard } from '../file/commit-guard.js';
import { Connection } from '../file/connection.js';
import type { DatabaseLock } from '../file/lock-database.js';
import { openExclusive } from '../file/open-exclusive.js';
import { openReadOnly } from '../file/open-read-only.js';
import {
  readFailed,
  readFinished,
  readPrimaryOutcome,
  readPrimaryValues,
  readStopped,
  readTypicalDurations,
} from '../read/read-progress.js';
import { readLatencies, type LatencyMachine, type StoredLatency } from '../read/read-latencies.js';
import { readBest } from '../read/read-best.js';
import { readMoments } from '../read/read-moments.js';
import { readNumericsClasses } from '../read/read-numerics-classes.js';
import {
  readFrontier,
  readKeep,
  readObservation,
  readParts,
  readRank,
  readReference,
  readSearch,
} from '../read/read-stages.js';
import { StoreError } from '../store-error.js';
import type {
  AttemptSubject,
  StoredBest,
  StoredClass,
  StoredFailure,
  StoredReference,
  StoredSearch,
  SweepReader,
  SweepStore,
} from '../store.js';
import { writeAgents } from './write-agents.js';
import { writeLatency, type LatencySubject } from './write-latency.js';
import { writeLayerMacs } from './write-model.js';
import { AttemptWriter } from './write-attempt.js';
import { writeComparisons } from './write-comparisons.js';
import {
  openStage,
  writeObserve,
  writePart,
  writeFrontier,
  writeKeep,
  writeRank,
  writeReference,
  writeSearch,
  writeStageFailure,
} from './write-stages.js';
import { writeMoments } from './write-moments.js';
import { writeSweep } from './write-sweep.js';
import { writeWorkerLogs } from './write-worker-logs.js';
import { openTrial, writeStoppedTrial, writeTrial, writeTrialFailure } from './write-trial.js';

/**
 * Opens the store of a sweep for writing: takes the lock (one sweep per database), creates or
 * migrates the file. Throws {@link StoreError}; see `openExclusive`.
 */
export function openStore(path: string): SweepStore {
  const { connection, guard, lock } = openExclusive(path);
  return new SqliteStore(connection, { guard, lock });
}

/**
 * Opens an existing store for reading, without a lock: a sweep may be running. Null where there is
 * no file yet.
 */
export function openStoreForReading(path: string): SweepReader | null {
  try {
    return new SqliteStore(new Connection(openReadOnly(path)), null);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'missing') return null;
    throw error;
  }
}

/** {@link SweepStore} on one SQLite file; each write method is one transaction. */
class SqliteStore implements SweepStore {
  readonly #attempts: AttemptWriter;
  #closed = false;

  constructor(
    private readonly connection: Connection,
    private readonly writing: { readonly guard: CommitGuard; readonly lock: DatabaseLock } | null,
  ) {
    this.#attempts = new AttemptWriter(connection);
  }

  beginSweep(experiment: Experiment, plan: SweepPlan, models: readonly ModelRecord[], machine: MachineRecord): void {
    this.connection.transaction(() => {
      this.#attempts.interruptLeftOver();
      this.#attempts.setMachine(machine);
      writeAgents(this.connection, []);
      this.connection.run('DELETE FROM worker_log');
      writeSweep(this.connection, experiment, plan, models);
    });
  }

  writeLayerMacs(modelSha256: string, macs: ReadonlyMap<string, number>): void {
    this.connection.transaction(() => {
      writeLayerMacs(this.connection, modelSha256, macs);
    });
  }

  finishedTrials(keys: readonly ContentKey[]): ReadonlySet<ContentKey> {
    return readFinished(this.connection, 'trial', keys);
  }

  stoppedTrials(keys: readonly ContentKey[]): ReadonlySet<ContentKey> {
    return readStopped(this.connection, keys);
  }

  finishedStages(keys: readonly ContentKey[]): ReadonlySet<ContentKey> {
    return readFinished(this.connection, 'stage', keys);
  }

  failedTrials(keys: readonly ContentKey[]): ReadonlyMap<ContentKey, StoredFailure> {
    return readFailed(this.connection, 'trial', keys);
  }

  failedStages(keys: readonly ContentKey[]): ReadonlyMap<ContentKey, StoredFailure> {
    return readFailed(this.connection, 'stage', keys);
  }

  primaryValues(keys: readonly ContentKey[]): ReadonlyMap<ContentKey, number> {
    return readPrimaryValues(this.connection, keys);
  }

  best(sweep: string): StoredBest | null {
    return readBest(this.connection, sweep);
  }

  primaryOutcome(trial: ContentKey): OutcomeRecord | null {
    return readPrimaryOutcome(this.connection, trial);
  }

  typicalDurations(): ReadonlyMap<string, number> {
    return readTypicalDurations(this.connection);
  }

  numericsClasses(stages: readonly ContentKey[], trials: readonly ContentKey[]): readonly StoredClass[] {
    return readNumericsClasses(this.connection, stages, trials);
  }

  writeAgents(agents: readonly AgentRecord[]): void {
    this.connection.transaction(() => {
      writeAgents(this.connection, agents);
    });
  }

  writeWorkerLogs(logs: readonly WorkerLogRecord[]): void {
    this.connection.transaction(() => {
      writeWorkerLogs(this.connection, logs);
    });
  }

  startAttempt(subject: AttemptSubject, place: Place): number {
    return this.connection.transaction(() => this.#attempts.start(subject, place));
  }

  finishPart(attempt: number, stage: ContentKey, part: string, payload: unknown, execution: ExecutionRecord): void {
    this.connection.transaction(() => {
      const { id } = openStage(this.connection, stage);
      this.#attempts.finish(attempt, { trial_id: null, stage_id: id, part }, execution);
      writePart(this.connection, id, part, payload);
    });
  }

  stageParts(stage: ContentKey): ReadonlyMap<string, unknown> {
    return readParts(this.connection, stage);
  }

  failAttempt(attempt: number, failure: FailureRecord): void {
    this.connection.transaction(() => {
      this.#attempts.fail(attempt, failure);
    });
  }

  interruptAttempt(attempt: number): void {
    this.connection.transaction(() => {
      this.#attempts.interrupt(attempt);
    });
  }

  finishObserve(
    stage: ContentKey,
    modelSha256: string,
    observations: readonly ObservationRecord[],
    display: DisplayHistograms | null = null,
  ): void {
    this.connection.transaction(() => {
      writeObserve(this.connection, stage, modelSha256, observations, display);
    });
  }

  finishMoments(stage: ContentKey, modelSha256: string, prefixes: readonly MomentsRecord[]): void {
    this.connection.transaction(() => {
      writeMoments(this.connection, stage, modelSha256, prefixes);
    });
  }

  finishReference(stage: ContentKey, modelSha256: string, reference: StoredReference): void {
    this.connection.transaction(() => {
      writeReference(this.connection, stage, modelSha256, reference);
    });
  }

  finishSearch(stage: ContentKey, modelSha256: string, search: StoredSearch): void {
    this.connection.transaction(() => {
      writeSearch(this.connection, stage, modelSha256, search);
    });
  }

  finishRank(stage: ContentKey, modelSha256: string, ranking: readonly LayerRankRecord[]): void {
    this.connection.transaction(() => {
      writeRank(this.connection, stage, modelSha256, ranking);
    });
  }

  finishKeep(stage: ContentKey, modelSha256: string, kept: KeepRecord): void {
    this.connection.transaction(() => {
      writeKeep(this.connection, stage, modelSha256, kept);
    });
  }

  finishFrontier(stage: ContentKey, modelSha256: string, frontier: FrontierRecord): void {
    this.connection.transaction(() => {
      writeFrontier(this.connection, stage, modelSha256, frontier);
    });
  }

  failStage(stage: ContentKey, failure: FailureRecord, under: string | null = null): void {
    this.connection.transaction(() => {
      writeStageFailure(this.connection, stage, failure, under);
    });
  }

  observation(stage: ContentKey, batches: number): ObservationRecord | null {
    return readObservation(this.connection, stage, batches);
  }

  moments(stage: ContentKey, samples: number): MomentsRecord | null {
    return readMoments(this.connection, stage, samples);
  }

  reference(stage: ContentKey): StoredReference | null {
    return readReference(this.connection, stage);
  }

  search(stage: ContentKey): StoredSearch | null {
    return readSearch(this.connection, stage);
  }

  rank(stage: ContentKey): readonly LayerRankRecord[] | null {
    return readRank(this.connection, stage);
  }

  keep(stage: ContentKey): KeepRecord | null {
    return readKeep(this.connection, stage);
  }

  frontier(stage: ContentKey): FrontierRecord | null {
    return readFrontier(this.connection, stage);
  }

  finishTrial(
    trial: PlannedTrial,
    modelSha256: string,
    record: TrialRecord,
    execution: ExecutionRecord,
    optimizationLevel: string,
    attempt: number | null,
  ): void {
    this.connection.transaction(() => {
      const id = openTrial(this.connection, trial.key);
      const ended = attempt === null ? null : this.#finish(attempt, id, execution);
      writeTrial(this.connection, id, trial, record, { modelSha256, execution, optimizationLevel, attempt: ended });
    });
    this.writing?.guard.stored(trial.label);
  }

  stopTrial(
    trial: PlannedTrial,
    modelSha256: string,
    record: StoppedTrialRecord,
    execution: ExecutionRecord,
    optimizationLevel: string,
    attempt: number,
  ): void {
    this.connection.transaction(() => {
      const id = openTrial(this.connection, trial.key);
      const ended = this.#finish(attempt, id, execution);
      writeStoppedTrial(this.connection, id, trial, record, {
        modelSha256,
        execution,
        optimizationLevel,
        attempt: ended,
      });
    });
    this.writing?.guard.stored(trial.label);
  }

  failTrial(trial: ContentKey, failure: FailureRecord, under: string | null = null): void {
    this.connection.transaction(() => {
      writeTrialFailure(this.connection, trial, failure, under);
    });
  }

  #finish(attempt: number, trial: number, execution: ExecutionRecord): { id: number; durationMs: number } {
    const durationMs = this.#attempts.finish(attempt, { trial_id: trial, stage_id: null, part: '' }, execution);
    return { id: attempt, durationMs };
  }

  latencies(trials: readonly ContentKey[], machine: LatencyMachine): readonly StoredLatency[] {
    return readLatencies(this.connection, trials, machine);
  }

  writeLatency(subject: LatencySubject, record: LatencyRecord): void {
    this.connection.transaction(() => {
      writeLatency(this.connection, subject, record);
    });
  }

  refreshComparisons(sweep: string): void {
    this.connection.transaction(() => {
      writeComparisons(this.connection, sweep);
    });
  }

  close(): string | null {
    if (this.writing === null) {
      this.connection.close();
      return null;
    }
    if (this.#closed) return null;
    this.#closed = true;
    try {
      return this.writing.guard.close();
    } finally {
      this.writing.lock.release();
    }
  }
}
