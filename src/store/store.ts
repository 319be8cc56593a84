import type { ReferenceWarning } from '../reference/reference-warning.js';
import type { Experiment } from '../experiment/sections/settings.js';
import type { DisplayHistograms, ObservationRecord } from '../records/observation-record.js';
import type { AgentRecord } from '../records/agent-record.js';
import type { WorkerLogRecord } from '../records/worker-log-record.js';
import type { MachineRecord } from '../records/machine-record.js';
import type { Place } from '../records/place.js';
import type { EvaluationRecord, OutcomeRecord } from '../records/evaluation-record.js';
import type { ExecutionRecord } from '../records/execution-record.js';
import type { FailureRecord } from '../records/failure-record.js';
import type { LatencyRecord } from '../records/latency-record.js';
import type { FrontierRecord } from '../records/frontier-record.js';
import type { KeepRecord } from '../records/keep-record.js';
import type { LayerRankRecord } from '../records/rank-record.js';
import type { MomentsRecord } from '../records/moments-record.js';
import type { ModelRecord } from '../records/model-record.js';
import type { SearchRecord } from '../records/search-record.js';
import type { StoppedTrialRecord, TrialRecord } from '../records/trial-record.js';
import type { ContentKey, PlannedTrial, SweepPlan } from '../plan/plan.js';
import type { LatencyMachine, StoredLatency } from './read/read-latencies.js';
import type { LatencySubject } from './write/write-latency.js';

/** A piece of work that an attempt is made at. */
export type AttemptSubject =
  | { readonly kind: 'trial'; readonly key: ContentKey }
  | { readonly kind: 'stage'; readonly key: ContentKey; readonly part: string };

export interface StoredReference {
  readonly evaluation: EvaluationRecord;
  /** FP32 argmax per evaluation sample `[samples]`; null where the task has none. */
  readonly argmax: Int32Array | null;
  /** Execution provider that ran it, as the runtime names it. */
  readonly provider: string;
  /** What makes it no reference for trials; none where it was stored before that was judged. */
  readonly warnings?: readonly ReferenceWarning[];
}

/** Why a trial or stage failed last. */
export interface StoredFailure {
  readonly errorClass: string;
  readonly message: string;
  /**
   * What it ran under, as it was given to {@link SweepStore.failTrial}; null where that is not
   * known.
   */
  readonly under: string | null;
}

export type StoredSearch = SearchRecord;

/** The best complete setting of a sweep at this moment. */
export interface StoredBest {
  readonly label: string;
  /** `unsmoothed` only where no candidate is complete. */
  readonly role: 'candidate' | 'unsmoothed';
  readonly metric: string;
  readonly value: number;
}

/** How much finished work is of one numerics class. */
export interface StoredClass {
  /** Null: not known, as an earlier version finished it. */
  readonly numericsClass: string | null;
  /** Trials that are complete or were stopped early. */
  readonly trials: number;
  /** Stages that are complete or have complete parts; of several classes, it counts in each. */
  readonly stages: number;
}

/**
 * What a store promises to the sweep that it is opened for. `test/store/store-contract.test.ts`
 * holds every store to it.
 *
 * Who owns what:
 * - One process writes, the parent of the sweep, and it is the only one that calls these methods.
 *   Children send records to it and know no store. {@link SweepReader} is what others may have.
 * - Plan and settings are the caller's: the store keeps them by content key and derives none. Of
 *   what is stored under a key the first version stays.
 * - Which trials are alike, which is the best and what a trial is compared with, is the store's to
 *   say (`v_alike`, `v_place`, `comparison`); whoever else needs it asks.
 *
 * What is atomic:
 * - Every method is one transaction: it happens whole or not at all, also where it throws or the
 *   process is killed. What returned is there after the file is opened again.
 * - A record that names a layer that its model lacks, holds a number that is not finite, or lacks
 *   its primary metric is refused whole.
 *
 * How work goes on:
 * - A trial or stage is pending, then done, stopped (trials) or failed. Failed work may be tried
 *   and finished later. Done and stopped are the end: to finish, stop or fail it once more, or to
 *   start an attempt at it, throws `finished`. What the store was never told of throws `unknown`.
 * - An attempt is running, then done, failed or interrupted. {@link SweepStore.beginSweep}
 *   interrupts those that an earlier process left running.
 * - Reading what is not there gives null, or leaves the key out; it never throws.
 *
 * Throws `StoreError`, whose `code` says which of these it was, or that the file failed.
 *
 * Deliberately left out: queries for people, who open the file read-only (`query-database.ts`); and
 * deleting, as nothing that was measured is taken back.
 */
export interface SweepStore {
  /**
   * Records the sweep, its trials and stages (those not yet known become `pending`) and replaces
   * the membership of the sweep of that name by the plan's. Attempts that a dead parent left
   * `running` become `interrupted`, and agents and logs that were told of are forgotten.
   *
   * @param machine what runs the attempts whose place names no other
   */
  beginSweep(experiment: Experiment, plan: SweepPlan, models: readonly ModelRecord[], machine: MachineRecord): void;

  /**
   * Records MACs by name of layer, of a model that {@link SweepStore.beginSweep} recorded. They are
   * known once a sample has run.
   */
  writeLayerMacs(modelSha256: string, macs: ReadonlyMap<string, number>): void;

  /** Those that will not be run again: complete, or stopped early. */
  finishedTrials(keys: readonly ContentKey[]): ReadonlySet<ContentKey>;
  /** Those that were stopped early. */
  stoppedTrials(keys: readonly ContentKey[]): ReadonlySet<ContentKey>;
  finishedStages(keys: readonly ContentKey[]): ReadonlySet<ContentKey>;
  /** Those that failed and were not finished by a later attempt. */
  failedTrials(keys: readonly ContentKey[]): ReadonlyMap<ContentKey, StoredFailure>;
  failedStages(keys: readonly ContentKey[]): ReadonlyMap<ContentKey, StoredFailure>;
  /** Value of the primary metric of each complete trial of the given keys. */
  primaryValues(keys: readonly ContentKey[]): ReadonlyMap<ContentKey, number>;
  /**
   * The best complete setting of the sweep of that name, as `v_place` has it; null before there is
   * one.
   */
  best(sweep: string): StoredBest | null;
  /**
   * What a complete trial achieved by its primary metric, sample by sample or as replicates; null
   * for any other.
   */
  primaryOutcome(trial: ContentKey): OutcomeRecord | null;
  /**
   * Medians for estimates: milliseconds of a `trial` and of each kind of stage, all parts. Empty
   * when nothing ran yet.
   */
  typicalDurations(): ReadonlyMap<string, number>;

  /**
   * Numerics classes of what is finished of the given work, parts of unfinished stages included;
   * the class of most trials first. Empty where nothing is.
   */
  numericsClasses(stages: readonly ContentKey[], trials: readonly ContentKey[]): readonly StoredClass[];
  /** Puts these agents in place of those that were told of before. */
  writeAgents(agents: readonly AgentRecord[]): void;
  /**
   * Puts these logs in place of those of the same places; all are forgotten when a sweep begins.
   */
  writeWorkerLogs(logs: readonly WorkerLogRecord[]): void;

  /** Machine and class are those of the place, or else of {@link SweepStore.beginSweep}. */
  startAttempt(subject: AttemptSubject, place: Place): number;
  /**
   * For a stage's part that is not the whole stage. Its payload is kept until the stage is
   * finished.
   */
  finishPart(attempt: number, stage: ContentKey, part: string, payload: unknown, execution: ExecutionRecord): void;
  /** Payloads of finished parts of a pending stage. */
  stageParts(stage: ContentKey): ReadonlyMap<string, unknown>;
  failAttempt(attempt: number, failure: FailureRecord): void;
  interruptAttempt(attempt: number): void;

  /**
   * Statistics at each prefix; `modelSha256` names the model whose layers they belong to.
   *
   * @param display histograms to look at; null or left out: none were gathered
   */
  finishObserve(
    stage: ContentKey,
    modelSha256: string,
    observations: readonly ObservationRecord[],
    display?: DisplayHistograms | null,
  ): void;
  /** Second moments at each prefix, ascending. */
  finishMoments(stage: ContentKey, modelSha256: string, prefixes: readonly MomentsRecord[]): void;
  finishReference(stage: ContentKey, modelSha256: string, reference: StoredReference): void;
  finishSearch(stage: ContentKey, modelSha256: string, search: StoredSearch): void;
  /** Layers from the largest divergence to the smallest. */
  finishRank(stage: ContentKey, modelSha256: string, ranking: readonly LayerRankRecord[]): void;
  /** What was tried in order; one is chosen. */
  finishKeep(stage: ContentKey, modelSha256: string, kept: KeepRecord): void;
  /** Of a stage that chooses bits by layer. */
  finishFrontier(stage: ContentKey, modelSha256: string, frontier: FrontierRecord): void;
  /** @param under see {@link failTrial} */
  failStage(stage: ContentKey, failure: FailureRecord, under?: string | null): void;

  /**
   * Statistics of the prefix of `batches` of an observe stage. Null if the stage does not hold it.
   */
  observation(stage: ContentKey, batches: number): ObservationRecord | null;
  /** Second moments over the first `samples`. Null if the stage does not hold them. */
  moments(stage: ContentKey, samples: number): MomentsRecord | null;
  reference(stage: ContentKey): StoredReference | null;
  search(stage: ContentKey): StoredSearch | null;
  /** From the largest divergence to the smallest. */
  rank(stage: ContentKey): readonly LayerRankRecord[] | null;
  keep(stage: ContentKey): KeepRecord | null;
  frontier(stage: ContentKey): FrontierRecord | null;

  /**
   * Commits a trial whole: its rows and its attempt (null where no attempt was needed: fp32 from
   * the reference stage).
   */
  finishTrial(
    trial: PlannedTrial,
    modelSha256: string,
    record: TrialRecord,
    execution: ExecutionRecord,
    optimizationLevel: string,
    attempt: number | null,
  ): void;
  /**
   * As {@link finishTrial}, of a trial that was stopped early: it has no accuracy, and is never
   * compared.
   */
  stopTrial(
    trial: PlannedTrial,
    modelSha256: string,
    record: StoppedTrialRecord,
    execution: ExecutionRecord,
    optimizationLevel: string,
    attempt: number,
  ): void;
  /**
   * The trial stays `failed` until it is finished by a later attempt.
   *
   * @param under what it ran under that its key does not hold, as a text to be compared; null: not
   * known
   */
  failTrial(trial: ContentKey, failure: FailureRecord, under?: string | null): void;

  /**
   * What was measured of the speed of the given trials on a machine of that name and CPU, with that
   * onnxruntime.
   */
  latencies(trials: readonly ContentKey[], machine: LatencyMachine): readonly StoredLatency[];
  /**
   * Writes a comparison of speed of a complete trial. One of the same trial under the same
   * conditions on the same machine gives way.
   */
  writeLatency(subject: LatencySubject, record: LatencyRecord): void;

  /** Rebuilds the derived `comparison` rows of the sweep of that name. */
  refreshComparisons(sweep: string): void;

  /**
   * Idempotent. Makes the database file whole without the log beside it, and lets go of it.
   *
   * @returns what a person should know of the file as it is left; null where there is nothing
   * @throws StoreError where the file is no longer the one that was written, or where it could not
   * be made whole
   */
  close(): string | null;
}

/** What of a store can be used without being its writer, while a sweep may be running. */
export type SweepReader = Pick<
  SweepStore,
  | 'finishedTrials'
  | 'finishedStages'
  | 'failedTrials'
  | 'failedStages'
  | 'primaryValues'
  | 'typicalDurations'
  | 'numericsClasses'
  | 'observation'
  | 'moments'
  | 'reference'
  | 'search'
  | 'rank'
  | 'keep'
  | 'frontier'
  | 'latencies'
  | 'close'
>;
