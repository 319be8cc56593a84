import type { LatencyFacts, OperatorShare } from './latency.js';

/** Operators that a sentence names. */
const NAMED = 4;

/** Share of a core below which a machine that runs one thread is called busy. */
const BUSY = 0.8;

/** e.g. `0.58 of FP32 [0.56, 0.60], batch 1, 1 thread`. */
export function latencyText(measured: LatencyFacts): string {
  const { ratio, low, high } = measured;
  return `${ratioText(ratio, low, high)}, ${conditionsText(measured)}`;
}

/** e.g. `batch 1, 1 thread`; of a device command its name in place of threads that nobody knows. */
export function conditionsText({ device, batchSize, threads }: LatencyFacts): string {
  const parts = [
    `batch ${batchSize}`,
    ...(threads > 0 ? [`${threads} ${threads === 1 ? 'thread' : 'threads'}`] : []),
    ...(device === 'cpu' ? [] : [`on ${device}`]),
  ];
  return parts.join(', ');
}

/** A ratio with its 95 % interval, e.g. `0.58 of FP32 [0.56, 0.60]`. */
function ratioText(ratio: number, low: number, high: number): string {
  // Two digits could say 1.00 of what is certainly below.
  const digits = [low, high].some((end) => end !== 1 && Math.abs(end - 1) < 0.005) ? 3 : 2;
  return `${ratio.toFixed(digits)} of FP32 [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

/**
 * What is to be said of a model that is not faster than FP32; null of one that is. A sentence or
 * two, with the operators to blame where they are known.
 */
export function notFasterText(measured: LatencyFacts, operators: readonly OperatorShare[]): string | null {
  const { verdict } = measured;
  if (verdict === 'faster') return null;
  const what = verdict === 'slower' ? 'slower than FP32' : 'not distinguishable from FP32';
  const blame = blameText(operators);
  return `${what}: ${latencyText(measured)}.${blame === null ? '' : ` ${blame}`}`;
}

/**
 * Where the time goes that is not computing on integers, e.g. `Of its time 62 % goes to FusedConv
 * in float (6 nodes), 5 % to QuantizeLinear (7 nodes).` Null where it is not known.
 */
export function blameText(operators: readonly OperatorShare[]): string | null {
  if (operators.length === 0) return null;
  const others = operators.filter(({ kind }) => kind !== 'integer');
  if (others.length === 0) return 'All of its operators are on integers.';
  const named = others.slice(0, NAMED).map(({ op, kind, nodes, share }) => {
    const what = kind === 'float' ? `${op} in float` : op;
    return `${percentText(share)} ${what} (${nodes} ${nodes === 1 ? 'node' : 'nodes'})`;
  });
  const integer = operators.reduce((sum, { kind, share }) => (kind === 'integer' ? sum + share : sum), 0);
  const more = others.length > NAMED ? ` and ${others.length - NAMED} other operators` : '';
  return `Of its time ${named.join(', ')}${more}; on integers ${percentText(integer)}.`;
}

/**
 * Says that other programs had the core meanwhile, with the ratio by CPU time, which they disturb
 * less; null where one thread ran undisturbed, or nobody knows.
 */
export function busyText({ cpu, threads, fp32Ms }: LatencyFacts): string | null {
  if (cpu === null || threads !== 1 || cpu.fp32Ms >= BUSY * fp32Ms) return null;
  const core = percentText(cpu.fp32Ms / fp32Ms);
  return `The machine was busy: FP32 had ${core} of a core. By CPU time ${ratioText(cpu.ratio, cpu.low, cpu.high)}.`;
}

function percentText(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
