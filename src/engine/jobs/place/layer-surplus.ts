import type { OperatorTimeRecord } from '../../../records/latency-record.js';

/** A kernel of a profile; `layer` is the one that it computes, null of any other operator. */
export interface LayerKernel extends Pick<OperatorTimeRecord, 'op' | 'kind' | 'durationUs'> {
  readonly layer: string | null;
}

/**
 * How much longer each layer takes in one profile than in another, in microseconds, with the
 * conversions around it: QuantizeLinear is of the layer that runs next, DequantizeLinear of the one
 * that ran before, any other conversion of both by halves. An estimate: it says what to try, not
 * what is faster.
 *
 * @param integer kernels in the order in which they ran, like `float`
 */
export function layerSurplus(
  integer: readonly LayerKernel[],
  float: readonly LayerKernel[],
): ReadonlyMap<string, number> {
  const own = timesByLayer(integer);
  const other = timesByLayer(float);
  return new Map([...own].flatMap(([layer, us]) => (other.has(layer) ? [[layer, us - other.get(layer)!]] : [])));
}

function timesByLayer(kernels: readonly LayerKernel[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  const charge = (layer: string | null, us: number): void => {
    if (layer !== null) times.set(layer, (times.get(layer) ?? 0) + us);
  };
  const before = neighbours(kernels);
  const behind = neighbours([...kernels].reverse()).reverse();
  for (const [index, { layer, op, kind, durationUs }] of kernels.entries()) {
    if (kind !== 'conversion') charge(layer, durationUs);
    else if (op === 'QuantizeLinear') charge(behind[index]!, durationUs);
    else if (op === 'DequantizeLinear') charge(before[index]!, durationUs);
    else {
      charge(before[index]!, durationUs / 2);
      charge(behind[index]!, durationUs / 2);
    }
  }
  return times;
}

/** The last layer in front of each kernel. */
function neighbours(kernels: readonly LayerKernel[]): (string | null)[] {
  let last: string | null = null;
  return kernels.map(({ layer }) => {
    const found = last;
    last = layer ?? last;
    return found;
  });
}
