import { describe, expect, it } from 'vitest';
import { ChildWatch } from '../../../src/engine/local/child-watch.js';
import { parseBeats } from '../../../src/engine/local/heartbeat.js';

const TICK_MS = 500;
const limits = { hangSeconds: 3, memoryMb: null };

/** What ticks say while nothing, or `each`, happens between them; ends at the first verdict. */
function ticks(watch: ChildWatch, count: number, each: (tick: number) => void = () => undefined): string | null {
  for (let tick = 1; tick <= count; tick++) {
    each(tick);
    const verdict = watch.tick('cpu:0');
    if (verdict !== null) return `${tick}: ${verdict.errorClass}`;
  }
  return null;
}

describe('ChildWatch', () => {
  it('gives up a child that is silent for hangSeconds', () => {
    expect(ticks(new ChildWatch(limits, TICK_MS), 100)).toBe('6: WorkerHung');
  });

  it('leaves alone a child that beats and computes, however long it takes', () => {
    const watch = new ChildWatch(limits, TICK_MS);
    expect(
      ticks(watch, 1000, (tick) => {
        watch.beat({ cpuMicros: tick * 450_000, rssBytes: 1 });
      }),
    ).toBeNull();
  });

  it('leaves alone a child that waits for its device but gets on', () => {
    const watch = new ChildWatch(limits, TICK_MS);
    expect(
      ticks(watch, 1000, (tick) => {
        watch.beat({ cpuMicros: 1000, rssBytes: 1 });
        if (tick % 50 === 0) watch.progress();
      }),
    ).toBeNull();
  });

  it('gives up a child whose heart beats but that computes nothing and gets nowhere, after ten times as long', () => {
    const watch = new ChildWatch(limits, TICK_MS);
    expect(
      ticks(watch, 1000, (tick) => {
        // The beats themselves.
        watch.beat({ cpuMicros: tick * 500, rssBytes: 1 });
      }),
    ).toBe('60: WorkerHung');
  });

  it('counts progress as a sign of life where no beat comes through', () => {
    const watch = new ChildWatch(limits, TICK_MS);
    expect(
      ticks(watch, 100, () => {
        watch.progress();
      }),
    ).toBeNull();
  });

  it('gives up a child that uses more memory than allowed, and says how much', () => {
    const watch = new ChildWatch({ ...limits, memoryMb: 100 }, TICK_MS);
    watch.beat({ cpuMicros: 1e6, rssBytes: 100 * 2 ** 20 });
    expect(watch.tick('cpu:1')).toBeNull();
    watch.beat({ cpuMicros: 2e6, rssBytes: 101 * 2 ** 20 });
    expect(watch.tick('cpu:1')).toEqual({
      errorClass: 'OutOfMemory',
      message: 'The child process on cpu:1 used 101 MiB of memory; run.memoryMb allows 100.',
      retry: true,
      smallerBatches: true,
    });
  });
});

describe('parseBeats', () => {
  it('keeps a line that is not whole for the next piece and leaves out what is no beat', () => {
    expect(parseBeats('12 34\nnonsense\n56 7')).toEqual({ beats: [{ cpuMicros: 12, rssBytes: 34 }], rest: '56 7' });
  });
});
