import type { ContentKey } from '../plan/plan.js';

/**
 * Seed of the order in which a trial that may be stopped takes its samples: the first 32 bits of
 * its key. Each trial has an order of its own, so that which trial it is held against has not been
 * chosen by the order that judges it.
 */
export function orderSeedOf(key: ContentKey): number {
  return Number.parseInt(key.slice(0, 8), 16);
}
