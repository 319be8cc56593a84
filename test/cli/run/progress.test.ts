import { describe, expect, it } from 'vitest';
import type { StopRecord } from '../../../src/records/trial-record.js';
import { Progress } from '../../../src/cli/run/progress.js';
import type { PlannedTrial } from '../../../src/plan/plan.js';

const trial = { label: 'static alpha=0.5', settings: { task: { kind: 'classification' } } } as PlannedTrial;

function shown(columns: number | null): {
  readonly progress: Progress;
  readonly text: () => string;
  tick: (ms: number) => void;
} {
  let text = '';
  let now = 0;
  const output = { write: (part: string) => void (text += part), columns };
  const progress = new Progress(output, () => now);
  return { progress, text: () => text, tick: (ms) => void (now += ms) };
}

const started = {
  kind: 'started',
  trials: 4,
  finishedTrials: 1,
  stoppedTrials: 0,
  stages: 2,
  finishedStages: 0,
  best: null,
} as const;
const best = { label: 'static alpha=0.5', value: 0.9 };

describe('Progress', () => {
  it('prints plain lines without control characters when the output is no terminal', () => {
    const { progress, text, tick } = shown(null);
    progress.handle(started);
    tick(60_000);
    progress.handle({ kind: 'trialFinished', trial, metric: 'top1', value: 0.9, durationMs: 1500, best });
    progress.handle({ kind: 'progress', share: 0.5, running: ['static alpha=0.6'] });
    expect(text()).not.toContain('\u001b');
    expect(text()).toContain('[2/4] static alpha=0.5: top1 0.9000, 1.5 s\n');
    expect(text()).toContain('2/4 trials | 1.0 trials/min | ETA 1m 00s | best static alpha=0.5 0.9000');
  });

  it('calls nothing the best where FP32 is no reference', () => {
    const { progress, text, tick } = shown(null);
    progress.handle({ ...started, best });
    progress.handle({ kind: 'warning', warning: { voids: false, text: 'of no weight' } });
    tick(60_000);
    progress.handle({ kind: 'progress', share: 0.5, running: [] });
    expect(text()).toContain('| best static alpha=0.5');
    progress.handle({ kind: 'warning', warning: { voids: true, text: 'FP32 is at chance' } });
    tick(60_000);
    progress.handle({ kind: 'progress', share: 0.6, running: [] });
    expect(text().split('FP32 is at chance')[1]).toMatch(/trials/);
    expect(text().split('FP32 is at chance')[1]).not.toContain('best');
  });

  it('keeps the bar within the width of the terminal', () => {
    const { progress, text, tick } = shown(40);
    progress.handle(started);
    tick(1000);
    progress.handle({ kind: 'progress', share: 0.3, running: ['x'.repeat(100)] });
    const bar = text().split('\u001b[2K').at(-1)!;
    expect(bar.length).toBeLessThan(40);
    expect(bar).toContain('██████░');
  });

  it('counts trials that were stopped early, also in an earlier run, and keeps the best that is complete', () => {
    const { progress, text, tick } = shown(null);
    const stopped: StopRecord = {
      ...{ reason: 'test' as const, against: 'k', metric: 'top1', confidence: 0.999, orderSeed: 1, samples: 10_000 },
      ...{ seen: 1500, right: 700, otherRight: 1200, onlyTrial: 10, onlyOther: 510, pValue: 1e-99, threshold: 5e-5 },
    };
    progress.handle({ ...started, finishedTrials: 2, stoppedTrials: 1, best });
    progress.handle({ kind: 'trialStopped', trial, stopped, durationMs: 1500 });
    tick(60_000);
    progress.handle({ kind: 'progress', share: 0.5, running: [] });
    expect(text()).toContain(
      '[3/4] static alpha=0.5: stopped after 1500 of 10000 samples, 700 right, the best has 1200, 1.5 s\n',
    );
    expect(text()).toContain('3/4 trials | 2 stopped early | 1.0 trials/min | ETA');
    expect(text()).toContain('best static alpha=0.5 0.9000');
  });

  it('counts failed trials, and failed stages not as trials', () => {
    const { progress, text, tick } = shown(null);
    const failure = { errorClass: 'GateError', message: 'no', retry: false };
    progress.handle(started);
    progress.handle({ kind: 'failed', work: 'stage', label: 'the search stage', failure });
    progress.handle({ kind: 'failed', work: 'trial', label: 'dynamic', failure });
    tick(60_000);
    progress.handle({ kind: 'progress', share: 0.5, running: [] });
    expect(text()).toContain('1 failed');
  });
});
