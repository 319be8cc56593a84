import { InputError } from '../errors/input-error.js';
import type { StoredPlacement } from '../quantize/restore-placed.js';
import type { StoredTrial } from '../store/read/read-trial.js';
import { targets, type PlacingTargetName } from '../targets/registry.js';

/** What the placement of a trial depends on of its settings. */
interface PlacedSettings {
  /** Absent of `layers-only`. */
  readonly target?: PlacingTargetName;
  readonly layers?: { readonly sensitivity?: string } | null;
  readonly quantization?: { readonly activation?: { readonly narrowRange?: boolean } } | null;
}

/**
 * What a trial stored of its target's quantizers; null of `layers-only`.
 *
 * @throws InputError where its target is not known
 */
export function storedPlacement({
  settings,
  tensors,
}: Pick<StoredTrial, 'settings' | 'tensors'>): StoredPlacement | null {
  const { target, layers, quantization } = JSON.parse(settings) as PlacedSettings;
  if (target === undefined) return null;
  if (!Object.hasOwn(targets, target)) {
    throw new InputError(
      `Expected target ${Object.keys(targets).join(', ')}, got "${target}" of a trial that another version of quantsweep made.`,
    );
  }
  return {
    target,
    tensors,
    narrowRange: quantization?.activation?.narrowRange ?? false,
    others: layers?.sensitivity !== 'only',
  };
}
