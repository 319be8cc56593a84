import { hostname } from 'node:os';

import type { ExecutionRecord } from '../../records/execution-record.js';
import type { FailureRecord } from '../../records/failure-record.js';
import type { MachineRecord } from '../../records/machine-record.js';
import type { Place } from '../../records/place.js';
import type { Connection } from '../file/connection.js';
import { RowNumbers } from './row-numbers.js';
import { monotonicMs } from '../monotonic-clock.js';
import { StoreError } from '../store-error.js';
import type { AttemptSubject } from '../store.js';
import { writeEnvironment } from './write-model.js';

/** A row of `attempt` that still runs. */
interface RunningAttempt {
  readonly trial_id: number | null;
  readonly stage_id: number | null;
  readonly part: string;
}

/**
 * Writes the attempts of this process. Durations come from a monotonic clock, the times of day from
 * the system's.
 */
export class AttemptWriter {
  readonly #startedMs = new Map<number, number>();
  #machine: MachineRecord | null = null;
  #environment: number | null = null;

  constructor(private readonly connection: Connection) {}

  /** What runs the attempts that start from now on and whose place names no other machine. */
  setMachine(machine: MachineRecord): void {
    this.#machine = machine;
    // Also where nothing is left to run.
    this.#environment = writeEnvironment(this.connection, machine.environment);
  }

  /**
   * When a process died its attempts stayed `running`: what they were at is unknown, so they have
   * no end.
   */
  interruptLeftOver(): void {
    this.connection.run(`UPDATE attempt SET status = 'interrupted' WHERE status = 'running'`);
  }

  start(subject: AttemptSubject, { device, machine: other }: Place): number {
    const work = this.connection.get(
      subject.kind === 'trial'
        ? 'SELECT id, status FROM trial WHERE key = ?'
        : 'SELECT id, status FROM stage WHERE key = ?',
      subject.key,
    ) as { id: number; status: string } | undefined;
    if (work === undefined) {
      throw new StoreError('unknown', `Expected a ${subject.kind} that beginSweep recorded, got key ${subject.key}.`);
    }
    if (work.status === 'done' || work.status === 'stopped') {
      throw new StoreError('finished', `The ${subject.kind} ${subject.key} is finished; it is never run again.`);
    }
    const trial = subject.kind === 'trial' ? work.id : null;
    const stage = subject.kind === 'stage' ? work.id : null;
    const part = subject.kind === 'stage' ? subject.part : '';
    const startedMs = monotonicMs();
    const machine = other ?? this.#machine;
    const { id } = this.connection.run(
      `INSERT INTO attempt (trial_id, stage_id, part, number, status, started_at, started_ms, host, parent_pid, device, environment_id, numerics_class, agent)
       VALUES (?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?)`,
      trial,
      stage,
      part,
      this.#earlier(trial, stage, part) + 1,
      new Date().toISOString(),
      startedMs,
      machine?.environment.host ?? hostname(),
      process.pid,
      device,
      other === undefined ? this.#environment : writeEnvironment(this.connection, other.environment),
      machine?.numericsClass ?? null,
      machine?.agent ?? null,
    );
    this.#startedMs.set(id, startedMs);
    return id;
  }

  /**
   * Returns the duration in milliseconds. `expected` guards against finishing the attempt at other
   * work.
   */
  finish(attempt: number, expected: RunningAttempt, execution: ExecutionRecord): number {
    const found = this.#running(attempt);
    if (found.trial_id !== expected.trial_id || found.stage_id !== expected.stage_id || found.part !== expected.part) {
      throw new StoreError(
        'unknown',
        `Expected an attempt at ${describe(expected)}, got attempt ${attempt}, which is at ${describe(found)}.`,
      );
    }
    const numbers = new RowNumbers('attempt');
    for (const [phase, ms] of Object.entries(execution.timings)) numbers.finite(`timings.${phase}`, ms);
    return this.#end(attempt, 'done', execution, null);
  }

  fail(attempt: number, failure: FailureRecord): void {
    this.#running(attempt);
    this.#end(attempt, 'failed', null, failure);
  }

  interrupt(attempt: number): void {
    this.#running(attempt);
    this.#end(attempt, 'interrupted', null, null);
  }

  #earlier(trial: number | null, stage: number | null, part: string): number {
    const row =
      trial === null
        ? this.connection.get('SELECT count(*) AS n FROM attempt WHERE stage_id = ? AND part = ?', stage, part)
        : this.connection.get('SELECT count(*) AS n FROM attempt WHERE trial_id = ?', trial);
    return (row as { n: number }).n;
  }

  #running(attempt: number): RunningAttempt {
    const row = this.connection.get('SELECT trial_id, stage_id, part, status FROM attempt WHERE id = ?', attempt) as
      (RunningAttempt & { readonly status: string }) | undefined;
    if (row === undefined) throw new StoreError('unknown', `There is no attempt ${attempt}.`);
    if (row.status !== 'running') {
      throw new StoreError('finished', `Expected attempt ${attempt} to be running, got one that is ${row.status}.`);
    }
    return row;
  }

  #end(attempt: number, status: string, execution: ExecutionRecord | null, failure: FailureRecord | null): number {
    const endedMs = monotonicMs();
    const durationMs = endedMs - (this.#startedMs.get(attempt) ?? endedMs);
    this.connection.run(
      `UPDATE attempt SET status = ?, ended_at = ?, ended_ms = ?, duration_ms = ?, provider = ?, timings = ?, kernels = ?, error_class = ?, error = ? WHERE id = ?`,
      status,
      new Date().toISOString(),
      endedMs,
      durationMs,
      // Of work that ran no model there is none.
      execution === null || execution.provider === '' ? null : execution.provider,
      execution === null ? null : JSON.stringify(execution.timings),
      execution?.kernels === undefined ? null : JSON.stringify(execution.kernels),
      failure?.errorClass ?? null,
      failure?.message ?? null,
      attempt,
    );
    return durationMs;
  }
}

function describe({ trial_id: trial, stage_id: stage, part }: RunningAttempt): string {
  return trial === null ? `stage ${stage ?? '?'} part "${part}"` : `trial ${trial}`;
}
