import { joinHistograms } from './histograms/channel-histogram.js';
import { withHistogramAmax } from './calibrators/amax-by-calibrator.js';
import type { InputStatistics, ObservationRecord, TensorStatistics } from '../records/observation-record.js';

/**
 * Joins the observations of consecutive ranges of batches, observed apart, into prefix snapshots:
 * each snapshot of a range is joined with everything before the range. Exact, since min, max and
 * the histograms' counts are associative.
 *
 * @param parts in order; each part's snapshots count batches and samples from the start of the
 *   data, cover only the part's own range, ascend, and end with the range's end; with histograms at
 *   each snapshot, or at none, but that those of the first part may have `histogramAmax` instead,
 *   save the last
 * @param wanted prefix sizes to keep
 * @param withHistograms those of them at which histograms are kept
 */
export function mergeObservations(
  parts: readonly (readonly ObservationRecord[])[],
  wanted: readonly number[],
  withHistograms: readonly number[] = [],
): readonly ObservationRecord[] {
  const merged: ObservationRecord[] = [];
  let before: ObservationRecord | null = null;
  for (const part of parts) {
    let prefix: ObservationRecord | null = before;
    for (const own of part) {
      prefix = before === null ? own : join(before, own);
      if (!wanted.includes(own.batches)) continue;
      merged.push(withHistogramAmax(prefix, withHistograms.includes(own.batches)));
    }
    before = prefix;
  }
  return merged;
}

function join(before: ObservationRecord, own: ObservationRecord): ObservationRecord {
  const inputs = own.inputs.map((input, i): InputStatistics => {
    const other = before.inputs[i]!;
    const views = [other.absmaxView, input.absmaxView] as const;
    const absmaxView = views[0] === null || views[1] === null ? null : larger(views[0], views[1]);
    return { layer: input.layer, ...joinStatistics(other, input), absmaxView };
  });
  const { batches, samples } = own;
  if (own.tensors === undefined) return { batches, samples, inputs };
  const tensors = own.tensors.map((tensor, i) => ({
    tensor: tensor.tensor,
    ...joinStatistics(before.tensors![i]!, tensor),
  }));
  return { batches, samples, inputs, tensors };
}

type Statistics = Omit<TensorStatistics, 'tensor'>;

function joinStatistics(a: Statistics, b: Statistics): Statistics {
  return {
    min: a.min.map((v, c) => Math.min(v, b.min[c]!)),
    max: larger(a.max, b.max),
    absmax: larger(a.absmax, b.absmax),
    histograms: a.histograms === null || b.histograms === null ? null : joinHistograms(a.histograms, b.histograms),
  };
}

function larger(x: Float64Array, y: Float64Array): Float64Array {
  return x.map((v, c) => Math.max(v, y[c]!));
}
