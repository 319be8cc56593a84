/**
 * pytorch-quantization's calibrators written out step by step from their definitions, slowly, for
 * the tests to compare with: histogram over [0, high] in equal bins -> amax. Starting bin 128,
 * stride 1.
 */

/** scipy's entropy of two distributions that need not be normalized. */
function klDivergence(p: readonly number[], q: readonly number[]): number {
  const sumP = p.reduce((a, b) => a + b, 0);
  const sumQ = q.reduce((a, b) => a + b, 0);
  let sum = 0;
  for (const [j, value] of p.entries()) {
    const pj = value / sumP;
    const qj = q[j]! / sumQ;
    if (pj === 0) continue;
    if (qj === 0) return Infinity;
    sum += pj * Math.log(pj / qj);
  }
  return sum;
}

/** Divergence of each candidate range `128 .. bins`. */
export function literalDivergences(histogram: Float64Array, levels: number): number[] {
  const bins = [...histogram];
  bins[0] = bins[1]!;
  const divergences: number[] = [];
  for (let i = 128; i <= bins.length; i++) {
    // The level whose edges k * i / levels hold j.
    const levelOf = Array.from({ length: i }, (_, j) => Math.floor((j * levels) / i));
    const mass = new Array<number>(levels).fill(0);
    const filled = new Array<number>(levels).fill(0);
    for (let j = 0; j < i; j++) {
      if (bins[j] === 0) continue;
      mass[levelOf[j]!]! += bins[j]!;
      filled[levelOf[j]!]! += 1;
    }
    const q = levelOf.map((level, j) => (bins[j] === 0 ? 0 : mass[level]! / filled[level]!));
    const p = bins.slice(0, i);
    p[i - 1]! += bins.slice(i).reduce((a, b) => a + b, 0);
    divergences.push(klDivergence(p, q));
  }
  return divergences;
}

/** Mean squared error of each candidate `128 .. bins - 1`, in the units of x. */
export function literalErrors(histogram: Float64Array, high: number, largest: number): number[] {
  const bins = histogram.length;
  const centers = Array.from(histogram, (_, j) => ((j / bins) * high + ((j + 1) / bins) * high) / 2);
  const errors: number[] = [];
  for (let i = 128; i < bins; i++) {
    const scale = largest / centers[i]!;
    let sum = 0;
    for (const [j, x] of centers.entries()) {
      const quantized = Math.min(largest, halfToEven(x * scale)) / scale;
      sum += (quantized - x) ** 2 * histogram[j]!;
    }
    errors.push(sum / bins);
  }
  return errors;
}

function halfToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/** numpy's searchsorted of the cumulated share. */
export function literalPercentile(histogram: Float64Array, high: number, percentile: number): number {
  const total = histogram.reduce((a, b) => a + b, 0);
  let sum = 0;
  let bin = 0;
  while (bin < histogram.length) {
    sum += histogram[bin]!;
    if (sum / total >= percentile / 100) break;
    bin++;
  }
  return (bin / histogram.length) * high;
}
