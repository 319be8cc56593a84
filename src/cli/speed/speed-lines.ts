import { hostname } from 'node:os';
import { blameText, busyText, latencyText, verdictText, wasBusy } from '../../report/facts/latency-text.js';
import { readMeasuredLatencies, readOperatorShares, type MeasuredLatency } from '../../report/facts/latency.js';
import type { Query } from '../../report/query.js';
import { timeText } from '../../report/time-text.js';

/** Trials, and comparisons, that the end of `run` lists. */
const LISTED = 12;

/**
 * What `run` says at its end of speed: what was measured from this machine, and of each trial that
 * is not faster than FP32 that it is not, with the operators to blame.
 *
 * @param failures what could not be measured and why
 */
export function speedLines(query: Query, sweep: string, failures: readonly string[]): readonly string[] {
  const here = readMeasuredLatencies(query, sweep).filter(({ host }) => host === hostname());
  return [
    ...comparisonLines(here),
    ...notFasterLines(query, sweep, here),
    ...(here.some(wasBusy)
      ? ['Other programs had the CPU meanwhile: wall times vary. Measure on an idle machine.']
      : []),
    ...failures.map((failure) => `Speed not measured: ${failure}`),
  ];
}

function comparisonLines(here: readonly MeasuredLatency[]): readonly string[] {
  const [first] = here;
  if (first === undefined) return [];
  const more = here.length > LISTED ? [`  ... and ${here.length - LISTED} more (v_latency has them)`] : [];
  return [
    'Speed: time of a run of the exported model against FP32, median of ratios with 95 % interval',
    ...here.slice(0, LISTED).map((one) => `  ${one.label}: ${latencyText(one)}${busyText(one)}: ${verdictText(one)}`),
    ...more,
  ];
}

/** One line for each trial that is not faster under some condition. */
function notFasterLines(query: Query, sweep: string, here: readonly MeasuredLatency[]): readonly string[] {
  const slow = here.filter(({ verdict }) => verdict !== 'faster');
  const trials = [...new Set(slow.map(({ trial }) => trial))];
  const lines = trials.slice(0, LISTED).map(
    (trial) =>
      `NOT FASTER than FP32: ${notFasterText(
        query,
        sweep,
        slow.filter((one) => one.trial === trial),
      )}`,
  );
  const more = trials.length - LISTED;
  return more > 0 ? [...lines, `NOT FASTER than FP32: ${more} more trials (v_latency has them)`] : lines;
}

/** Under all such conditions of one trial, with the operators to blame under the slowest. */
function notFasterText(query: Query, sweep: string, slow: readonly MeasuredLatency[]): string {
  const worst = slow.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  const blame = blameText(readOperatorShares(query, sweep, worst));
  const each = slow.map(
    (one) => `${latencyText(one)} (${one.verdict === 'slower' ? 'slower' : 'not distinguishable'})`,
  );
  return `${worst.label}, ${each.join('; ')}.${blame === null ? '' : ` ${blame}`}`;
}

/**
 * What `show` and `export` say of the speed of one trial: each comparison, and where it is not
 * faster than FP32, that and the operators to blame. One line where nothing was measured.
 */
export function trialSpeedLines(query: Query, sweep: string, trial: number): readonly string[] {
  const measured = readMeasuredLatencies(query, sweep, trial);
  if (measured.length === 0) return ['speed not measured: add measure.latency to the experiment and run it again'];
  return measured.map((one) => {
    const isFaster = one.verdict === 'faster';
    const blame = isFaster ? null : blameText(readOperatorShares(query, sweep, one));
    const where = `${one.cpuModel}, ${timeText(one.measuredAt)}`;
    const text = `speed: ${isFaster ? '' : 'NOT FASTER: '}${latencyText(one)}${busyText(one)}: ${verdictText(one)}`;
    return `${text} (${where}).${blame === null ? '' : ` ${blame}`}`;
  });
}
