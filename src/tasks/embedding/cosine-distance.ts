/** 1 - cosine of two outputs, in float64: 0 where both are all 0, 1 where one is. */
export function cosineDistance(reference: Float32Array, output: Float32Array): number {
  let [product, own, other] = [0, 0, 0];
  for (let at = 0; at < reference.length; at += 1) {
    product += output[at]! * reference[at]!;
    own += output[at]! ** 2;
    other += reference[at]! ** 2;
  }
  if (own === 0 || other === 0) return own === other ? 0 : 1;
  return Math.max(0, 1 - product / Math.sqrt(own * other));
}
