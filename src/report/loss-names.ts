/**
 * What was quantized while a loss was taken, and the measures of loss, as people say them. Stored
 * names (`isolated`, `rel_l1`) stand beside them where a reader may want to look them up.
 */
const modeNames: Readonly<Record<string, string>> = {
  accumulated: 'whole network',
  isolated: 'layer alone',
  weight: 'weight alone',
  activation: 'input alone',
  output: 'output',
};

const measureNames: Readonly<Record<string, string>> = {
  l1: 'L1',
  rel_l1: 'relative L1',
  mse: 'MSE',
  sqnr_db: 'SQNR',
  cosine: 'cosine',
  max_abs: 'largest error',
};

/** `accumulated` -> `whole network`: what was quantized. Unknown modes stay as they are. */
export function lossModeName(mode: string): string {
  return modeNames[mode] ?? mode;
}

/** `rel_l1` -> `relative L1`. Unknown measures stay as they are. */
export function lossMeasureName(measure: string): string {
  return measureNames[measure] ?? measure;
}
