import { createHash } from 'node:crypto';
import type { Provider } from '../providers/provider.js';

/** Hex digits of a class that people can still read out. */
const DIGITS = 12;

/**
 * The numerics class that computes these outputs, e.g. `cpu-3f9a2c1b6d04`: the provider and the
 * beginning of their sha256. Machines of one class compute the same bits; two classes differ
 * somewhere.
 *
 * @param outputs of every probe, in their fixed order
 */
export function numericsClass(provider: Provider, outputs: readonly Float32Array[]): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of outputs) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return `${provider}-${hash.digest('hex').slice(0, DIGITS)}`;
}
