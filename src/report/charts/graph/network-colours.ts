import { significantText } from '../../number-text.js';
import { networkQuantities, type NetworkQuantity } from './network-quantities.js';

/** A row of the figure's query by column name. */
export type NetworkRow = Readonly<Record<string, unknown>>;

/** What a reader has chosen above the picture; null where there is nothing to choose. */
export interface NetworkChoice {
  readonly field: string | null;
  readonly mode: string | null;
  readonly trial: number | null;
}

/** How one layer is shown. */
export interface NetworkPaint {
  /**
   * Class of the box: `q0` to `q4` for losses, `t0` to `t4` for other numbers, `none` without one.
   */
  readonly className: string;
  /** The number; empty without one. */
  readonly text: string;
  /** True where the trial leaves the layer in float. */
  readonly isFloat: boolean;
}

/** A picture's colours with their meaning. */
export interface NetworkColours {
  /** By number of the node, layers only. */
  readonly byNode: ReadonlyMap<number, NetworkPaint>;
  /** What the colours mean; empty where no layer has a number. */
  readonly title: string;
  /** In order of the numbers. */
  readonly legend: readonly { readonly className: string; readonly text: string }[];
  /** True where some layer is left in float. */
  readonly hasFloat: boolean;
}

const steps = 5;

/** The quantities that some row has a number of. */
export function storedQuantities(rows: readonly NetworkRow[]): NetworkQuantity[] {
  return networkQuantities.filter(({ field }) => rows.some((row) => typeof row[field] === 'number'));
}

/**
 * Colours for what a reader has chosen. Limits of the colours come from all trials, so that a
 * colour means the same in each.
 */
export function networkColours(rows: readonly NetworkRow[], choice: NetworkChoice): NetworkColours {
  const quantity = networkQuantities.find(({ field }) => field === choice.field) ?? null;
  const comparable = rows.filter((row) => quantity?.isByMode !== true || row['mode'] === choice.mode);
  const valueOf = (row: NetworkRow): number | null => {
    const value = quantity === null ? null : row[quantity.field];
    return typeof value === 'number' ? value : null;
  };
  const scale = quantity === null ? null : scaleOf(quantity, comparable.map(valueOf));
  const byNode = new Map<number, NetworkPaint>();
  for (const row of rows) {
    if (row['position'] !== null && row['trial'] === choice.trial)
      byNode.set(Number(row['node']), { className: 'none', text: '', isFloat: isFloat(row) });
  }
  for (const row of comparable) {
    const value = valueOf(row);
    const known = byNode.get(Number(row['node']));
    if (row['trial'] !== choice.trial || value === null || scale === null || known === undefined) continue;
    byNode.set(Number(row['node']), { ...known, className: scale.classOf(value), text: numberText(value) });
  }
  const isShown = [...byNode.values()].some(({ text }) => text !== '');
  return {
    byNode,
    title: isShown ? quantity!.title : '',
    legend: isShown ? scale!.legend : [],
    hasFloat: [...byNode.values()].some((paint) => paint.isFloat),
  };
}

/** The rows of a node in the chosen trial: one for each mode of loss. */
export function rowsOfNode(rows: readonly NetworkRow[], node: number, trial: number | null): NetworkRow[] {
  return rows.filter((row) => row['node'] === node && (row['trial'] === trial || row['trial'] === null));
}

/** A number as boxes and legends have it. */
export function numberText(value: number): string {
  return significantText(value, 3).replace('-', '−');
}

function isFloat(row: NetworkRow): boolean {
  return row['trial'] !== null && row['weight_bits'] === null && row['input_bits'] === null;
}

interface Scale {
  readonly classOf: (value: number) => string;
  readonly legend: NetworkColours['legend'];
}

function scaleOf(quantity: NetworkQuantity, all: readonly (number | null)[]): Scale {
  const { colours, isSmallBad } = quantity;
  const values = [...new Set(all.filter((value) => value !== null))].sort((a, b) => a - b);
  const prefix = colours === 'loss' ? 'q' : 't';
  const className = (step: number): string => `${prefix}${isSmallBad ? steps - 1 - step : step}`;
  if (values.length <= steps) {
    const step = (index: number): number =>
      values.length === 1 ? 2 : Math.round((index / (values.length - 1)) * (steps - 1));
    return {
      classOf: (value) => className(step(values.indexOf(value))),
      legend: values.map((value, index) => ({ className: className(step(index)), text: numberText(value) })),
    };
  }
  const limits = limitsOf(quantity, values);
  const ends = [values[0]!, ...limits, values.at(-1)!].map(numberText);
  return {
    classOf: (value) => className(limits.filter((limit) => value >= limit).length),
    legend: Array.from({ length: limits.length + 1 }, (_, step) => ({
      className: className(step),
      text: `${ends[step]!} to ${ends[step + 1]!}`,
    })),
  };
}

/** Where colours change: even steps of the scale, at numbers of two digits. */
function limitsOf({ scale }: NetworkQuantity, values: readonly number[]): number[] {
  const drawn = scale === 'log' ? values.filter((value) => value > 0).map(Math.log10) : values;
  const [low, high] = [drawn[0]!, drawn.at(-1)!];
  const limits = Array.from({ length: steps - 1 }, (_, index) => {
    const limit = low + ((high - low) * (index + 1)) / steps;
    return Number((scale === 'log' ? 10 ** limit : limit).toPrecision(2));
  });
  // Numbers that differ in their third digit alone leave fewer limits than there are steps.
  return [...new Set(limits)].filter((limit) => limit > values[0]! && limit <= values.at(-1)!);
}
