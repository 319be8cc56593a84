import type { WavEncoding } from './wav-header.js';

/** Numbers of a WAV file as float32 in -1..1: whole numbers by the largest negative one. */
type Decode = (bytes: DataView, place: number) => number;

const decoders: Readonly<Record<WavEncoding, Decode>> = {
  uint8: (bytes, place) => (bytes.getUint8(place) - 128) / 128,
  int16: (bytes, place) => bytes.getInt16(place, true) / 32768,
  int24: (bytes, place) => ((bytes.getInt8(place + 2) << 16) | bytes.getUint16(place, true)) / 8388608,
  int32: (bytes, place) => bytes.getInt32(place, true) / 2147483648,
  float32: (bytes, place) => bytes.getFloat32(place, true),
};

/**
 * Decodes samples into `into[to ..]`: 16 bits as `x / 32768`, bytes as `(x - 128) / 128`, as
 * librosa, soundfile and torchaudio give them; float32 as it is, beyond -1..1 too.
 *
 * @param bytes of whole samples of `sampleBytes` each
 */
export function decodeWav(
  encoding: WavEncoding,
  sampleBytes: number,
  bytes: Uint8Array,
  into: Float32Array,
  to: number,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decode = decoders[encoding];
  for (let place = 0, target = to; place < bytes.length; place += sampleBytes, target += 1) {
    into[target] = decode(view, place);
  }
}
