import type { MeasuredLatency, OperatorShare } from './latency.js';

/** Operators that a sentence names. */
const NAMED = 4;

/** Share of a core below which a machine that runs one thread is called busy. */
const BUSY = 0.8;

/** e.g. `0.58 of FP32 [0.56, 0.60], batch 1, 1 thread`. */
export function latencyText(measured: MeasuredLatency): string {
  const { ratio, low, high } = measured;
  return `${ratioText(ratio, low, high)}, ${conditionsText(measured)}`;
}

/** e.g. `batch 1, 1 thread`; of a device command its name in place of threads that nobody knows. */
function conditionsText({ device, batchSize, threads }: MeasuredLatency): string {
  return [
    `batch ${batchSize}`,
    ...(threads > 0 ? [`${threads} ${threads === 1 ? 'thread' : 'threads'}`] : []),
    ...(device === 'cpu' ? [] : [`on ${device}`]),
  ].join(', ');
}

/** A ratio with its 95 % interval, e.g. `0.58 of FP32 [0.56, 0.60]`. */
function ratioText(ratio: number, low: number, high: number): string {
  // Two digits would say 1.00 of an end that is certainly below.
  const digits = [low, high].some((end) => end !== 1 && Math.abs(end - 1) < 0.005) ? 4 : 2;
  return `${ratio.toFixed(digits)} of FP32 [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

/** Whether a model is faster than FP32, e.g. `slower than FP32`. */
export function verdictText({ verdict }: Pick<MeasuredLatency, 'verdict'>): string {
  return {
    faster: 'faster than FP32',
    slower: 'slower than FP32',
    same: 'not distinguishable from FP32',
  }[verdict];
}

/**
 * Where the time of an exported model goes that is not computing layers on integers, e.g. `Of its
 * time 62 % FusedConv in float (6 nodes), 5 % QuantizeLinear (7 nodes); 33 % on integers.` Null
 * where nobody profiled it.
 */
export function blameText(operators: readonly OperatorShare[]): string | null {
  if (operators.length === 0) return null;
  const others = operators.filter(({ kind, onlySmooths }) => kind !== 'integer' || onlySmooths);
  if (others.length === 0) return 'All of its operators are on integers.';
  const named = others.slice(0, NAMED).map(({ op, kind, onlySmooths, nodes, share }) => {
    const what = onlySmooths
      ? `${op} that only divides by smoothing factors`
      : kind === 'float'
        ? `${op} in float`
        : op;
    return `${percentText(share)} ${what} (${nodes} ${nodes === 1 ? 'node' : 'nodes'})`;
  });
  const left = others.slice(NAMED).reduce((sum, { share }) => sum + share, 0);
  const more = others.length > NAMED ? `, ${percentText(left)} in ${others.length - NAMED} more` : '';
  const integer = operators.reduce((sum, one) => (others.includes(one) ? sum : sum + one.share), 0);
  const rest = others.some(({ onlySmooths }) => onlySmooths) ? 'other operators on integers' : 'on integers';
  return `Of its time ${named.join(', ')}${more}; ${percentText(integer)} ${rest}.`;
}

/** Whether other programs had the core while one thread ran: intervals are then wide. */
export function wasBusy({ cpu, threads, fp32Ms }: MeasuredLatency): boolean {
  return cpu !== null && threads === 1 && cpu.fp32Ms < BUSY * fp32Ms;
}

/**
 * The ratio by CPU time, which other programs disturb less, where they did; else empty. e.g. `, by
 * CPU time 0.58 of FP32 [0.57, 0.59]`.
 */
export function busyText(measured: MeasuredLatency): string {
  const { cpu } = measured;
  return cpu !== null && wasBusy(measured) ? `, by CPU time ${ratioText(cpu.ratio, cpu.low, cpu.high)}` : '';
}

function percentText(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
