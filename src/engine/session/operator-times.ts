import type { OperatorKind, OperatorTimeRecord } from '../../records/latency-record.js';
import { medianOf } from '../../statistics/median.js';
import { integerKernel, type ProfileEvent } from './kernel-profile.js';

/** Kernels that only carry numbers from one form into another. */
const conversion = /^(?:QuantizeLinear|DequantizeLinear|DynamicQuantizeLinear|Cast|ReorderInput|ReorderOutput)$/;

/** The runtime's names of types of 8 bits. */
const bytes = new Set(['uint8', 'int8']);

/**
 * Median time of each operator over profiled runs of one session, in the order in which the
 * runtime ran them. An operator inside a loop counts with all its turns of a run.
 *
 * @param events of the profile; the runtime frames each run in an event `model_run`
 * @param nameOf the model's own name of a node that the profile names
 * @param ownNodes names of the model's nodes: a Transpose that is not among them was inserted for
 *   the layout that a kernel wants
 * @param skipped runs at the beginning that do not count
 */
export function operatorTimes(
  events: readonly ProfileEvent[],
  nameOf: (node: string) => string,
  ownNodes: ReadonlySet<string>,
  skipped: number,
): readonly OperatorTimeRecord[] {
  const runs = events
    .filter(({ name }) => name === 'model_run')
    .sort((a, b) => startOf(a) - startOf(b))
    .slice(skipped);
  const nodes = new Map<string, { node: string; op: string; kind: OperatorKind; times: number[] }>();
  for (const event of events) {
    const { args, dur = 0 } = event;
    if (!event.name.endsWith(KERNEL_TIME) || (args?.provider ?? '') === '') continue;
    const run = runs.findIndex((own) => startOf(own) <= startOf(event) && startOf(event) <= endOf(own));
    if (run < 0) continue;
    const node = nameOf(event.name.slice(0, -KERNEL_TIME.length));
    const op = args?.op_name ?? 'unknown';
    const id = `${args?.node_index ?? ''}\n${node}`;
    const known = nodes.get(id) ?? { node, op, kind: kindOf(event, node, ownNodes), times: runs.map(() => 0) };
    known.times[run]! += dur;
    nodes.set(id, known);
  }
  return [...nodes.values()].map(({ node, op, kind, times }) => ({
    ...{ node, op, kind },
    durationUs: medianOf([...times].sort((a, b) => a - b)),
  }));
}

const KERNEL_TIME = '_kernel_time';

function startOf({ ts = 0 }: ProfileEvent): number {
  return ts;
}

function endOf({ ts = 0, dur = 0 }: ProfileEvent): number {
  return ts + dur;
}

function kindOf({ args }: ProfileEvent, node: string, ownNodes: ReadonlySet<string>): OperatorKind {
  const op = args?.op_name ?? '';
  if (conversion.test(op) || (op === 'Transpose' && !ownNodes.has(node))) return 'conversion';
  if (integerKernel.test(op)) return 'integer';
  // What only moves or compares numbers runs on whatever they are.
  const isOfBytes = bytes.has(firstType(args?.input_type_shape)) && bytes.has(firstType(args?.output_type_shape));
  return isOfBytes ? 'integer' : 'float';
}

function firstType(types: readonly Readonly<Record<string, unknown>>[] | undefined): string {
  return Object.keys(types?.[0] ?? {})[0] ?? '';
}
