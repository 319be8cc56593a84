/**
 * Squared error of an output relative to the squared FP32 output; the squared error itself where
 * that is 0.
 */
export function relativeSquaredError(reference: Float32Array, output: Float32Array): number {
  let error = 0;
  let power = 0;
  for (let i = 0; i < reference.length; i++) {
    error += (output[i]! - reference[i]!) ** 2;
    power += reference[i]! ** 2;
  }
  return power > 0 ? error / power : error;
}
