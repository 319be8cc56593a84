/** One evaluation with some layers in float. */
export interface KeepTry {
  /** Names of the layers, the most sensitive first. */
  readonly layers: readonly string[];
  /** Value of the primary metric, and how far FP32's is above it. */
  readonly value: number;
  readonly loss: number;
}

/** What was tried in order, and the smallest set that loses no more than allowed; null: none. */
export interface KeptFloat {
  readonly tries: readonly KeepTry[];
  readonly chosen: KeepTry | null;
}

/** Sets up to this size are tried again without each of their layers. */
const MOST_PRUNED = 8;

/**
 * Looks for the fewest layers to keep in float so that a loss is at most `allowed`: 0, then 1, 2,
 * 4, ... of the ranking until the loss is small enough, then between the last two numbers by
 * halves, then without each layer of the set in turn, the least sensitive first. That the loss
 * falls with the number is assumed between the numbers that are tried; the chosen set itself was
 * evaluated.
 *
 * @param ranked all layers that are quantized, the most sensitive first; one stays quantized
 * @param evaluate of a set that was not tried before
 */
export async function smallestKept(
  ranked: readonly string[],
  allowed: number,
  evaluate: (layers: readonly string[]) => Promise<KeepTry>,
): Promise<KeptFloat> {
  const tries: KeepTry[] = [];
  const attempt = async (layers: readonly string[]): Promise<KeepTry> => {
    const found = await evaluate(layers);
    tries.push(found);
    return found;
  };
  const isEnough = ({ loss }: KeepTry): boolean => loss <= allowed;
  const most = ranked.length - 1;
  let [tooFew, number] = [-1, 0];
  let chosen = await attempt([]);
  while (!isEnough(chosen) && number < most) {
    tooFew = number;
    number = Math.min(most, Math.max(1, number * 2));
    chosen = await attempt(ranked.slice(0, number));
  }
  if (!isEnough(chosen)) return { tries, chosen: null };
  while (number - tooFew > 1) {
    const middle = Math.floor((tooFew + number) / 2);
    const found = await attempt(ranked.slice(0, middle));
    if (isEnough(found)) [chosen, number] = [found, middle];
    else tooFew = middle;
  }
  return { tries, chosen: await pruned(chosen, attempt, isEnough) };
}

/** Without each layer that the loss allows to be quantized after all. */
async function pruned(
  found: KeepTry,
  attempt: (layers: readonly string[]) => Promise<KeepTry>,
  isEnough: (found: KeepTry) => boolean,
): Promise<KeepTry> {
  const { layers } = found;
  if (layers.length < 2 || layers.length > MOST_PRUNED) return found;
  let chosen = found;
  // Without the last one it was tried already, and without the first alone as well where two are.
  for (const layer of layers.slice(0, -1).reverse()) {
    const without = await attempt(chosen.layers.filter((other) => other !== layer));
    if (isEnough(without)) chosen = without;
  }
  return chosen;
}
