import { describe, expect, it } from 'vitest';
import { times } from '../../src/report/figures/sweep/times.js';
import { buildFigure } from './build-figure.js';

function build(change: string) {
  const { rows, content } = buildFigure(times, change);
  const text = (
    content.kind === 'absent' ? content.note : `${content.caption} ${content.details ?? ''}`.trim()
  ).replaceAll(/\s/g, ' ');
  return { row: (work: string) => rows.find((row) => row['work'] === work), text };
}

/** Before the sample sweep first began: attempts are numbered in time. */
const before = 'id = -id';

describe('where the time went', () => {
  it('counts as found finished what nobody tried since the sweep began', () => {
    const { row, text } = build(`
      UPDATE attempt SET ${before} WHERE trial_id IN (1003, 1004) OR stage_id = (SELECT id FROM stage WHERE kind = 'reference');
      UPDATE stage SET duration_ms = 60000 WHERE kind = 'reference';
      UPDATE trial SET duration_ms = 1000 WHERE id IN (1003, 1004);`);
    expect(row('trial')).toMatchObject({ pieces: 43, found: 2, found_ms: 2000 });
    expect(row('reference')).toMatchObject({ pieces: 1, found: 1, found_ms: 60_000 });
    expect(row('observe')).toMatchObject({ found: 0, found_ms: 0 });
    expect(text).toContain('Cached in the database: 1 reference stage, 2 trials, which took 1 min 02 s when they ran.');
  });

  it('does not count a trial that needed no attempt, nor one that was tried again', () => {
    const { row, text } = build(`
      DELETE FROM attempt WHERE trial_id = 1000;
      UPDATE attempt SET ${before} WHERE trial_id = 1003;
      INSERT INTO attempt (trial_id, number, status, started_at, host, parent_pid, device)
        VALUES (1003, 2, 'done', '2026-11-24T00:00:00.000Z', 'bench-1', 1, 'cpu:0');`);
    expect(row('trial')).toMatchObject({ found: 0 });
    expect(text).toContain('Nothing was cached');
  });

  it('estimates what each trial would have taken by itself', () => {
    // Two dynamic trials share one search of 100 s; one trial takes a fifth of an observe pass of
    // 10 s.
    const { row } = build(`
      UPDATE trial SET search_stage_id = (SELECT min(id) FROM stage WHERE kind = 'search') WHERE alpha_mode = 'dynamic';
      UPDATE stage SET duration_ms = 100000 WHERE kind = 'search';
      INSERT INTO stage (id, key, kind, status, model_id, settings, duration_ms) VALUES (9000, 'pass', 'observe', 'done', 1000, '{}', 10000);
      INSERT INTO observation (id, stage_id, batches, samples, result) VALUES (9001, 9000, 20, 80, x''), (9002, 9000, 100, 400, x'');
      UPDATE trial SET observation_id = NULL;
      UPDATE trial SET observation_id = 9001 WHERE id = 1003;`);
    expect(row('search')).toMatchObject({ alone_ms: 200_000 });
    expect(row('observe')).toMatchObject({ alone_ms: 2000 });
  });
});
