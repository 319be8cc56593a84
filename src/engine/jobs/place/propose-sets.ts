/** A layer that may be left in float, with the layers that its values come from and go to. */
export interface PlacedLayer {
  readonly name: string;
  /** Through operators that are no layers. */
  readonly neighbours: readonly string[];
  /** Reads an input of the model, or makes an output, through operators that are no layers. */
  readonly isEnd: boolean;
}

/** Slowest layers that are proposed each by itself, and each with its neighbours. */
const SINGLES = 6;

/**
 * Sets of layers that a model may be faster with in float, the most promising first. Each holds
 * what is in float already.
 *
 * - the slowest one, two, four, ... of the layers that integers seem to make slower, and all
 * - each of the slowest by itself, and with its neighbours: between two layers in float nothing is
 *   converted
 * - the ends of the model, where numbers are float on one side anyway
 *
 * @param layers in graph order
 * @param surplus microseconds that a layer takes longer on integers, by name
 */
export function proposeSets(
  layers: readonly PlacedLayer[],
  surplus: ReadonlyMap<string, number>,
  inFloat: readonly string[],
): readonly (readonly string[])[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const isLeft = (name: string): boolean => byName.has(name) && !inFloat.includes(name);
  const slower = [...surplus]
    .filter(([name, us]) => us > 0 && isLeft(name))
    .sort(([, a], [, b]) => b - a)
    .map(([name]) => name);
  const added: (readonly string[])[] = [];
  for (let count = 1; count < slower.length; count *= 2) added.push(slower.slice(0, count));
  added.push(slower);
  for (const name of slower.slice(0, SINGLES)) {
    added.push([name], [name, ...byName.get(name)!.neighbours.filter(isLeft)]);
  }
  const ends = layers.filter(({ name, isEnd }) => isEnd && isLeft(name)).map(({ name }) => name);
  added.push(ends, ...ends.map((name) => [name]));
  const order = new Map(layers.map(({ name }, position) => [name, position]));
  const sets = added
    .filter((names) => names.length > 0)
    .map((names) => [...new Set([...inFloat, ...names])].sort((a, b) => order.get(a)! - order.get(b)!));
  return distinct(sets).filter(({ length }) => length < layers.length);
}

function distinct(sets: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Map(sets.map((set) => [JSON.stringify(set), set])).values()];
}
