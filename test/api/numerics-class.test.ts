import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadExperiment, type ExperimentObject } from '../../src/api/load-experiment.js';
import { planSweep } from '../../src/api/plan-sweep.js';
import { renderReport } from '../../src/api/render-report.js';
import { runSweep, type RunEvent, type RunOptions, type RunOutcome } from '../../src/api/run-sweep.js';
import { describeTrial } from '../../src/cli/show/describe-trial.js';
import { sweepStatus } from '../../src/cli/show/sweep-status.js';
import type { OpenExecutor } from '../../src/engine/executor.js';
import { InputError } from '../../src/errors/input-error.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { demoModel, temporaryFolder } from '../cli/command-line.js';
import { MemoryExecutor } from '../engine/memory-executor.js';

const data = { format: 'synthetic', shape: [8, 48, 48], count: 4 } as const;

const source: ExperimentObject = {
  version: 1,
  name: 'small',
  model: { path: demoModel },
  data: { calibration: { ...data, seed: 1, batchSize: 2, batches: 1 }, evaluation: { ...data, seed: 2 } },
  task: 'fidelity',
  loss: { samples: 2 },
  gate: { samples: 2 },
};

const executor: OpenExecutor = (request) => new MemoryExecutor(request);
const other = 'cpu-000000000000';

describe('a sweep in a database', () => {
  /** Of one sweep, to be copied. */
  let written: string;
  let database: string;
  let own: string;
  const rows = (sql: string): readonly (readonly unknown[])[] => queryDatabase(database, sql).rows;
  const experiment = (...alphas: readonly number[]) =>
    loadExperiment({ ...source, grid: { 'smoothing.alpha': [...alphas] } }, { database });
  const run = async (
    alphas: readonly number[],
    options: RunOptions = {},
  ): Promise<{ readonly outcome: RunOutcome; readonly events: readonly RunEvent[] }> => {
    const events: RunEvent[] = [];
    const onEvent = (event: RunEvent): void => void events.push(event);
    const outcome = await runSweep(experiment(...alphas), { executor, onEvent, ...options });
    return { outcome, events };
  };
  const warnings = (events: readonly RunEvent[]): readonly string[] =>
    events.flatMap((event) => (event.kind === 'warning' ? [event.warning.text] : []));
  const notes = (events: readonly RunEvent[]): readonly string[] =>
    events.flatMap((event) => (event.kind === 'numerics' ? event.notes : []));
  /** As another machine, or an earlier version, would have left it. */
  const setClass = (numericsClass: string | null): void => {
    const file = new Database(database);
    for (const table of ['attempt', 'stage', 'trial'])
      file.prepare(`UPDATE ${table} SET numerics_class = ?`).run(numericsClass);
    file.close();
  };

  beforeAll(async () => {
    database = join(mkdtempSync(join(tmpdir(), 'quantsweep-class-')), 'x.db');
    const { events } = await run([0.5]);
    expect(warnings(events)).toEqual([]);
    written = database;
  });
  afterAll(() => {
    rmSync(dirname(written), { recursive: true });
  });
  beforeEach(() => {
    database = join(temporaryFolder(), 'x.db');
    copyFileSync(written, database);
    own = String(rows('SELECT DISTINCT numerics_class FROM v_trial')[0]![0]);
  });

  it('holds the class of the machine with all that it did', async () => {
    expect(own).toMatch(/^cpu-[0-9a-f]{12}$/);
    for (const view of ['v_attempt', 'v_stage', 'v_trial'])
      expect(rows(`SELECT DISTINCT numerics_class FROM ${view}`)).toEqual([[own]]);
    expect(rows('SELECT numerics_class, trials FROM v_numerics_class')).toEqual([[own, 3]]);
    expect(describeTrial(database, undefined, 'best')).toContain(`numerics class ${own}`);
    const { events } = await run([0.5, 0.6]);
    expect([warnings(events), notes(events)]).toEqual([[], []]);
    expect(sweepStatus(database, undefined)).not.toContain('WARNING');
  });

  it('is not gone on with by a machine of another class, which is told both and what to do', async () => {
    setClass(other);
    const before = rows('SELECT count(*), (SELECT trials FROM v_sweep) FROM v_attempt');
    const words = new RegExp(
      `^small: expected .*${own}.* 3 trials and 2 stages of numerics class ${other}\\. .*${other}.*--db.*--mix-classes`,
    );
    for (const refused of [() => run([0.5, 0.6]), () => planSweep(experiment(0.5, 0.6), { executor })]) {
      const error: unknown = await refused().catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(InputError);
      expect((error as InputError).message).toMatch(words);
    }
    expect(rows('SELECT count(*), (SELECT trials FROM v_sweep) FROM v_attempt')).toEqual(before);
  });

  it('is gone on with where classes may be mixed, and marked wherever its numbers are shown', async () => {
    setClass(other);
    const preview = await planSweep(experiment(0.5, 0.6), { executor, mixClasses: true });
    expect(preview.trials.filter(({ state }) => state === 'to run')).toHaveLength(1);
    const { outcome, events } = await run([0.5, 0.6], { mixClasses: true });
    expect(outcome).toMatchObject({ ran: 1, failed: [], interrupted: false });
    const mark = `not comparable bit for bit: its numbers are of several numerics classes, 3 trials and 2 stages of ${other}, 1 trial of ${own}.`;
    expect(warnings(events)).toEqual([expect.stringContaining(mark)]);
    expect(sweepStatus(database, undefined)).toContain(mark);
    expect(renderReport(database, { format: 'markdown' })).toContain(mark);
    expect((await planSweep(experiment(0.5, 0.6), { executor })).warnings).toEqual([
      { voids: false, text: expect.stringContaining(mark) as string },
    ]);
    // What was mixed once is not mixed any further unasked.
    await expect(run([0.5, 0.6, 0.7])).rejects.toThrow(`${other}, 1 trial of numerics class ${own}. Give another`);
  });

  it('has nothing to refuse where nothing is left to run', async () => {
    setClass(other);
    const { outcome, events } = await run([0.5]);
    expect(outcome).toMatchObject({ ran: 0, cached: 3 });
    expect(events.map(({ kind }) => kind)).not.toContain('numerics');
  });

  it('is gone on with, and a note, where an earlier version began it', async () => {
    setClass(null);
    const { outcome, events } = await run([0.5, 0.6]);
    expect(outcome).toMatchObject({ ran: 1, failed: [] });
    expect(notes(events)).toEqual([
      `Note: an earlier version of quantsweep finished 3 trials and 2 stages of this sweep, whose numerics class is not known. If another machine did, its numbers may differ from those of class ${own} in their last bits.`,
    ]);
    expect(warnings(events)).toEqual([]);
    expect(rows('SELECT numerics_class, trials FROM v_numerics_class ORDER BY 1')).toEqual([
      [null, 3],
      [own, 1],
    ]);
  });

  it('is held to the class of a part of a stage', async () => {
    const file = new Database(database);
    file.exec(`UPDATE trial SET status = 'pending', numerics_class = NULL;
      UPDATE stage SET status = 'pending', numerics_class = NULL WHERE kind = 'reference';
      UPDATE attempt SET numerics_class = '${other}' WHERE stage_id = (SELECT id FROM stage WHERE kind = 'reference');
      INSERT INTO stage_part (stage_id, part, payload)
      SELECT stage_id, part, x'' FROM attempt WHERE stage_id = (SELECT id FROM stage WHERE kind = 'reference') LIMIT 1;`);
    file.close();
    await expect(run([0.5])).rejects.toThrow(`1 stage of numerics class ${other}`);
  });

  it('is stopped while it waits for the class of a machine', async () => {
    const stopping = new AbortController();
    const waiting: OpenExecutor = (request) =>
      new (class extends MemoryExecutor {
        override numericsClass(wanted: string | null, signal?: AbortSignal): Promise<string> {
          stopping.abort();
          return super.numericsClass(wanted, signal);
        }
      })(request);
    const { outcome, events } = await run([0.5, 0.6], { executor: waiting, signal: stopping.signal });
    expect(outcome).toMatchObject({ ran: 0, interrupted: true });
    expect(events.map(({ kind }) => kind)).not.toContain('planned');
  });
});
