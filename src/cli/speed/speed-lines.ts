import { hostname } from 'node:os';
import { busyText, latencyText, notFasterText } from '../../report/facts/latency-text.js';
import { readLatencies, readOperatorShares, type LatencyFacts } from '../../report/facts/latency.js';
import type { Query } from '../../report/query.js';
import { timeText } from '../../report/time-text.js';

/** Comparisons that the end of `run` lists. */
const LISTED = 12;

/**
 * What `run` says at its end of speed: what was measured on this machine, and of each trial that is
 * not faster than FP32 that it is not.
 */
export function speedLines(query: Query, sweep: string, failures: readonly string[]): readonly string[] {
  const here = readLatencies(query, sweep).filter(({ host }) => host === hostname());
  const [first] = here;
  const lines: string[] = [];
  if (first !== undefined) {
    lines.push(`Speed against FP32 on ${first.cpuModel} (median of ratios, 95 % interval):`);
    lines.push(...here.slice(0, LISTED).map((one) => `  ${one.label}: ${latencyText(one)}${verdictWord(one)}`));
    if (here.length > LISTED) lines.push(`  ... and ${here.length - LISTED} more (v_latency has them)`);
  }
  const slow = here.filter(({ verdict }) => verdict !== 'faster');
  for (const one of slow.slice(0, LISTED)) {
    lines.push(`NOT FASTER: ${one.label} is ${notFasterText(one, readOperatorShares(query, sweep, one))!}`);
  }
  if (slow.length > LISTED) lines.push(`NOT FASTER: ${slow.length - LISTED} more (v_latency has them)`);
  const busy = here.map(busyText).find((text) => text !== null);
  if (busy !== undefined) lines.push(busy);
  lines.push(...failures.map((failure) => `Speed not measured: ${failure}`));
  return lines;
}

function verdictWord({ verdict }: LatencyFacts): string {
  return { faster: '', slower: ', SLOWER', same: ', not distinguishable' }[verdict];
}

/**
 * What `show` and `export` say of the speed of one trial: each comparison, and where it is not
 * faster than FP32, that and the operators to blame. One line where nothing was measured.
 */
export function trialSpeedLines(query: Query, sweep: string, trial: number): readonly string[] {
  const measured = readLatencies(query, sweep, trial);
  if (measured.length === 0) return ['speed not measured: add measure.latency to the experiment and run it again'];
  return measured.map((one) => {
    const where = `${one.cpuModel}, ${timeText(one.measuredAt)}`;
    const slow = notFasterText(one, readOperatorShares(query, sweep, one));
    const busy = busyText(one);
    const text = slow === null ? `${latencyText(one)}: faster` : `NOT FASTER, ${slow}`;
    return `speed: ${text} (${where})${busy === null ? '' : ` ${busy}`}`;
  });
}
