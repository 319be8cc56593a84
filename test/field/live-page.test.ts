import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FreshComparisons } from '../../src/api/fresh-comparisons.js';
import type { RunState } from '../../src/report/facts/live-facts.js';
import { missingBaseline, pendingText } from '../../src/report/answers/pending-note.js';
import { openSite } from '../../src/report/pages/site.js';
import { readSweepFacts } from '../../src/report/facts/sweep-facts.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep, Running } from '../cli/command-line.js';
import { figurePieces } from '../report/shown-sql.js';
import { runningSample } from '../report/running-sample.js';
import { sampleDatabase } from '../report/sample-database.js';
import { knownOutputs, outputsOf } from './nonsense-sweep.js';

/** @param pending the mode of the trials that are pending; as the sample has them unless given */
function runningPage(pending?: 'dynamic'): { readonly page: string; readonly index: string } {
  const sample = runningSample('running');
  if (pending !== undefined) {
    const database = new Database(sample.path);
    const left = `alpha_mode = '${pending}'`;
    database.exec(`DELETE FROM accuracy WHERE trial_id IN (SELECT id FROM trial WHERE ${left});
UPDATE trial SET status = 'pending' WHERE ${left}`);
    database.close();
  }
  onTestFinished(() => {
    sample.remove();
  });
  const run: RunState = { kind: 'running', pid: 7, host: 'bench-1', since: sample.since };
  const generatedAt = new Date(Date.parse(sample.since) + 65_000);
  const live = { run, revision: 'r-1', nowMs: sample.sinceMs + 65_000 };
  const site = openSite(sample.query, ['running'], ['running'], {
    database: 'a.db',
    generatedAt,
    mode: 'server',
    live,
  });
  return { page: site.render(site.sweepPath('running'))!, index: site.render('index.html')! };
}

describe('6: the page of a sweep that runs', () => {
  it('states what is pending in place of what the grid lacks', () => {
    const { page } = runningPage('dynamic');
    const pieces = figurePieces(page);
    const note = 'Nothing to show here yet: 7 of 43 trials are pending (2 dynamic, 5 static).';
    expect(pieces.get('static-against-dynamic')).toContain(note);
    const absent = [...page.matchAll(/<div class="absent" id="(?!live)([^"]+)"><b>[^]*?<\/b> ([^<]*)</g)];
    expect(absent.length).toBeGreaterThan(3);
    // How many axes vary, and what people wrote, does not depend on what is pending.
    const known = new Map([
      ['parallel-coordinates', 'Two axes vary: lines through the values of each setting are drawn from three axes on.'],
      ['notes', 'Nobody has written a note.'],
    ]);
    for (const [, id, text] of absent) expect(text).toContain(known.get(id!) ?? note);
  });

  it('says what the grid lacks once the sweep has ended, and of a baseline that is pending that it is', () => {
    const ended = sampleDatabase({ name: 'ended' });
    onTestFinished(() => {
      ended.remove();
    });
    const facts = readSweepFacts(ended.query, 'ended')!;
    expect(pendingText(facts)).toBeNull();
    expect(missingBaseline({ allTrials: [] }, 'fp32')).toBe(
      'no FP32 baseline has finished (baselines: [fp32] in the experiment adds it).',
    );
    const pending = facts.allTrials.map((trial) => ({ ...trial, status: 'pending' as const }));
    expect(missingBaseline({ allTrials: pending }, 'fp32')).toBe('the FP32 baseline is pending.');
    expect(missingBaseline({ allTrials: pending }, 'unsmoothed')).toBe(
      'the unsmoothed baseline at the same calibration size is pending.',
    );
  });

  it('has one time of update, that of its foot', () => {
    const { page, index } = runningPage();
    for (const each of [page, index]) {
      const text = each.replaceAll(/<script[^]*?<\/script>|<code[^]*?<\/code>/g, '');
      expect(text).not.toMatch(/updated/i);
      const made = /data-made="([^"]+)"/.exec(each)![1]!;
      expect(text).toContain(`Made by quantsweep report at ${made.slice(0, 16).replace('T', ' ')} UTC`);
    }
  });
});

describe('6: verdicts while a sweep runs', () => {
  it('come with each trial where rebuilding them is quick, and in a twentieth of the time else', () => {
    let now = 0;
    let took = 0;
    const rebuilt: number[] = [];
    const comparisons = new FreshComparisons(
      () => {
        rebuilt.push(now);
        now += took;
      },
      () => now,
    );
    for (; now < 5; now += 1) comparisons.trialFinished();
    expect(rebuilt).toEqual([0, 1, 2, 3, 4]);
    took = 10;
    for (now = 100; now < 500; now += 1) comparisons.trialFinished();
    expect(rebuilt.slice(5)).toEqual([100, 300]);
    comparisons.all();
    expect(rebuilt.at(-1)).toBe(500);
  });

  it('are there again as soon as a run has begun, and after it was killed', async () => {
    const predictions = Array.from({ length: 20 }, (_, at) => at % 4);
    const folder = knownOutputs({ outputs: outputsOf(predictions, 4), labels: predictions });
    const compared = () =>
      queryDatabase(join(folder, 'known.db'), "SELECT count(*) FROM v_comparison WHERE against = 'fp32'").rows[0]![0];
    expect((await quantsweep(folder, 'run', 'known.yaml')).code).toBe(0);
    const before = compared();
    expect(before).toBe(3);
    const running = new Running(['run', 'known.yaml', '--set', 'smoothing.alpha=[0.4,0.5,0.6,0.7]'], folder);
    await running.printed('Results go to');
    running.child.kill('SIGKILL');
    await running.ended;
    expect(compared()).toBeGreaterThanOrEqual(3);
  });
});
