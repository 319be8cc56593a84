import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunOutcome } from '../../../src/api/run-sweep.js';
import { closing } from '../../../src/cli/run/closing-answer.js';
import { sampleDatabase, type Sample, type SampleDatabase } from '../../report/sample-database.js';
import { temporaryFolder } from '../command-line.js';

const made: SampleDatabase[] = [];
afterEach(() => {
  for (const sample of made.splice(0)) sample.remove();
});

/** How a run ended that left such a sweep. */
function ended(sample: Partial<Sample>, outcome: Partial<RunOutcome> = {}): RunOutcome {
  const database = sampleDatabase({ name: 'demo', ...sample });
  made.push(database);
  return {
    ...{ ran: 0, stopped: 0, cached: 0, failed: [], failedBefore: [], interrupted: false, name: 'demo' },
    ...{ database: database.path, shard: null, note: null },
    ...outcome,
  };
}

describe('the end of a run', () => {
  it('gives the answer, the five best settings and what to take', () => {
    const { text, saysVoid } = closing(ended({}), 100);
    const [answer, table, recommended] = text.split('\n\n');
    expect(answer).toMatch(/ is best: /);
    const lines = table!.split('\n');
    expect(lines[0]).toMatch(/^setting +top-1 +95 % interval +from FP32 +against the best$/);
    expect(lines).toHaveLength(7);
    expect(recommended).toMatch(/^Recommended: /);
    expect(text.split('\n').every((line) => line.length <= 100)).toBe(true);
    expect(text.endsWith('\n')).toBe(true);
    expect(saysVoid).toBe(false);
  });

  it('drops columns of the table before lines get wider than the terminal', () => {
    const { text } = closing(ended({}), 60);
    expect(text.split('\n').every((line) => line.length <= 60)).toBe(true);
    expect(text).toMatch(/\nsetting +top-1/);
    expect(text).not.toContain('against the best');
  });

  it('says over how much it speaks where trials failed', () => {
    const { text } = closing(ended({ failed: 3 }), 100);
    expect(text).toMatch(/^Incomplete: 3 of 43 trials failed\. What follows covers only the 40 finished\s+trials\./);
  });

  it('is one line so far where it was interrupted, and nothing before a setting is done', () => {
    const { text } = closing(ended({ pending: 5 }, { interrupted: true }), 100);
    expect(text).toMatch(/^So far, with 38 of 43 trials done: .* is best: .*\n$/);
    expect(closing(ended({ pending: 43 }, { interrupted: true }), 100).text).toBe('');
  });

  it('is left to the whole sweep where a shard ran', () => {
    const shard = { index: 1, of: 2, allTrials: 43 };
    expect(closing(ended({}, { shard: shard as RunOutcome['shard'] }), 100).text).toBe('');
  });

  it('changes nothing of a run whose database can not be read any more', () => {
    const database = join(temporaryFolder(), 'gone.db');
    writeFileSync(database, 'no database');
    expect(closing({ ...ended({}), database }, 100).text).toMatch(/^The answer could not be read: .*report demo --db/);
  });
});
