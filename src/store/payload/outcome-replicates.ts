/** The float64 values of a bootstrap outcome `[count]`, whatever the alignment of its bytes. */
export function outcomeReplicates(data: Uint8Array): Float64Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Float64Array.from({ length: data.byteLength / 8 }, (_, index) => view.getFloat64(index * 8, true));
}
