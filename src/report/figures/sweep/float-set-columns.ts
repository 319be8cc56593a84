import { cutMiddle } from '../../cut-middle.js';
import { keptFloatOf } from '../../facts/kept-float.js';
import type { SweepFacts } from '../../facts/sweep-facts.js';
import { numberOf, textOf } from '../../query.js';
import type { TableColumn } from '../figure.js';

/** Layers of a set that are named before the rest is only counted. */
const mostNamed = 6;

/**
 * Columns of a table of sets of layers that were tried in float.
 *
 * @param isOfSeveral rows are of more than one setting
 * @param judged what was found of each set
 */
export function floatSetColumns(
  { links }: SweepFacts,
  isOfSeveral: boolean,
  judged: readonly TableColumn[],
): readonly TableColumn[] {
  const setting: TableColumn = {
    title: 'setting',
    field: 'trial',
    align: 'left',
    text: (row) => textOf(row, 'label'),
    href: (row) => links.trial(numberOf(row, 'trial')),
  };
  return [
    ...(isOfSeveral ? [setting] : []),
    { title: 'in float', field: 'keep', align: 'right', text: (row) => String(numberOf(row, 'keep')) },
    ...judged,
    { title: 'which', field: 'layers', align: 'left', text: (row) => namedLayers(keptFloatOf(row).layers) },
  ];
}

/** The first few of the layers; – of none. */
function namedLayers(layers: readonly string[]): string {
  const more = layers.length > mostNamed ? ` and ${layers.length - mostNamed} more` : '';
  return layers.length === 0
    ? '–'
    : `${layers
        .slice(0, mostNamed)
        .map((layer) => cutMiddle(layer, 50))
        .join(', ')}${more}`;
}
