import { createPrng } from '../../../statistics/prng.js';

/** Any: the orders only have to be the same each time. */
const SEED = 1;

/**
 * `[rounds][models]`: in which order models run in each round, every model once a round. Orders are
 * shuffled, so that none always runs behind the same one and gets the caches as that left them; and
 * none runs twice in a row, which would find its own. Two models alternate.
 */
export function roundOrders(models: number, rounds: number): readonly (readonly number[])[] {
  const random = createPrng(SEED);
  let last = -1;
  return Array.from({ length: rounds }, () => {
    const order = Array.from({ length: models }, (_, index) => index);
    for (let end = models - 1; end > 0; end--) {
      const other = random.nextBelow(end + 1);
      [order[end], order[other]] = [order[other]!, order[end]!];
    }
    if (models > 1 && order[0] === last) [order[0], order[1]] = [order[1]!, order[0]];
    last = order.at(-1)!;
    return order;
  });
}
