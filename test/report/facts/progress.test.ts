import { describe, expect, it } from 'vitest';
import type { LiveSweep } from '../../../src/report/facts/live-facts.js';
import { readProgress } from '../../../src/report/facts/progress.js';
import { progressHtml } from '../../../src/report/pages/progress-html.js';
import { noLinks } from '../../../src/report/addresses/page-links.js';

const running: LiveSweep = {
  name: 'demo',
  links: noLinks,
  run: { kind: 'running', pid: 7, host: 'bench-1', since: '2026-11-23T08:00:00.000Z' },
  isRun: true,
  now: new Date('2026-11-23T08:10:00.000Z'),
  nowMs: 10_600_000,
};

const row = {
  trials: 43,
  done: 21,
  failed: 2,
  pending: 20,
  stopped: 0,
  running: 3,
  has_begun: 1,
  pending_stages: 0,
  recent: 11,
  first_start_ms: 10_270_000,
  first_end_ms: 10_300_000,
  last_end_ms: 10_600_000,
  last_end: '2026-11-23T08:10:00.000Z',
};

function html(values: Partial<Record<keyof typeof row, unknown>>, live = running): string {
  const cells = { ...row, ...values };
  const result = { columns: Object.keys(cells), rows: [Object.values(cells) as never[]] };
  return progressHtml('live-progress', '', live, () => result);
}

describe('progress of a running sweep', () => {
  it('takes the rate from the ends of the latest trials: ten more in five minutes are two a minute', () => {
    const { trialsPerMinute, endsAt } = readProgress(row, running);
    expect(trialsPerMinute).toBeCloseTo(2, 12);
    // Twenty more at two a minute.
    expect(new Date(endsAt ?? 0).toISOString()).toBe('2026-11-23T08:20:00.000Z');
  });

  it('takes the rate of a single trial from its duration', () => {
    const one = { ...row, recent: 1, first_start_ms: 10_480_000, first_end_ms: row.last_end_ms };
    expect(readProgress(one, running).trialsPerMinute).toBeCloseTo(0.5, 12);
  });

  it('knows no rate before a trial has finished in this run, and none where no run is', () => {
    const none = { ...row, recent: 0, first_start_ms: null, first_end_ms: null, last_end_ms: null, last_end: null };
    expect(readProgress(none, running)).toMatchObject({ trialsPerMinute: null, endsAt: null });
    expect(readProgress(row, { ...running, run: { kind: 'none' }, isRun: false }).trialsPerMinute).toBeNull();
    expect(html({ recent: 0, first_start_ms: null, first_end_ms: null, last_end_ms: null, last_end: null })).toContain(
      'its rate is not known',
    );
  });

  it('says counts, rate, time left and who runs', () => {
    const text = html({});
    expect(text).toContain('<b>21 of 43 trials done</b>, <b>2 failed</b>, <b>3 running</b>, 17 pending.');
    expect(text).toContain('2 trials a minute (the last 11): about <span data-until="2026-11-23T08:20:00.000Z">10 min');
    expect(text).toContain('Running since 08:00:00 UTC (process 7 on bench-1).');
    expect(text).toContain('aria-label="21 done, 2 failed, 3 running, 17 pending"');
  });

  it('tells trials that were stopped early from complete ones', () => {
    const text = html({ done: 15, stopped: 6 });
    expect(text).toContain(
      '<b>15 of 43 trials done</b>, 6 stopped early, <b>2 failed</b>, <b>3 running</b>, 17 pending.',
    );
    expect(text).toContain('aria-label="15 done, 6 stopped early, 2 failed, 3 running, 17 pending"');
    expect(text).toContain('<rect class="stopped" x="15" y="0" width="6" height="1"/>');
    expect(text).toContain('<rect class="failed" x="21"');
    expect(text).toContain('<rect class="running" x="23" y="0" width="3"');
  });

  it('adds that shared stages come on top', () => {
    expect(html({ pending_stages: 1 })).toContain('1 shared stage to finish comes on top.');
  });

  it('promises no end that has passed', () => {
    expect(html({}, { ...running, now: new Date('2026-11-23T08:30:00.000Z'), nowMs: 11_800_000 })).toContain(
      '2 trials a minute (the last 11): the next takes longer.',
    );
  });

  it('says when nothing is at work, and when that cannot be seen', () => {
    const killed = html({}, { ...running, run: { kind: 'none' }, isRun: false });
    expect(killed).toContain('No run is active');
    // Their attempts are still called running in the database.
    expect(killed).toContain('<b>2 failed</b>, 20 pending.');
    expect(killed).not.toContain('class="running"');
    const other = { ...running, isRun: false };
    expect(html({}, other)).toContain('A run is active on another sweep of the database (process 7 on bench-1).');
    expect(html({ has_begun: 0 }, other)).toContain(
      'Process 7 on bench-1 has the database since 08:00:00 UTC and has not begun a sweep yet.',
    );
    const elsewhere = { kind: 'unknown' as const, pid: 7, host: '<b>', since: '2026-11-23T08:00:00.000Z' };
    const text = html({}, { ...running, run: elsewhere });
    expect(text).toContain(
      'Last started on &lt;b&gt; at 08:00:00 UTC; whether it is still running cannot be seen from here.',
    );
  });
});
