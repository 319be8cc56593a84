import type { Cell } from '../../query.js';
import type { RowLinks } from '../../addresses/page-links.js';

/** Which trials and layers have a page. */
type PageAddresses = Pick<RowLinks, 'trials' | 'layers'>;

/** A row of a figure by column name, as its charts take it. */
export type RowObject = Record<string, Cell | undefined>;

/**
 * Rows of a figure by column name, with the addresses that marks link to: `trial_href` where a row
 * has a `trial`, `layer_href` where it has a `position`; null where the report has no such page.
 */
export function rowObjects(
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
  links: PageAddresses,
): RowObject[] {
  return rows.map((cells) => {
    const row: RowObject = Object.fromEntries(columns.map((column, index) => [column, cells[index]]));
    const { trial, position } = row;
    if (typeof trial === 'number') row['trial_href'] = trialHref(trial, links);
    if (typeof position === 'number') row['layer_href'] = layerHref(position, links);
    return row;
  });
}

/** Address of a trial's page; null where the report has none. */
export function trialHref(trial: number, { trials }: PageAddresses): string | null {
  return trials === 'any' || trials?.includes(trial) === true ? `trial-${trial}.html` : null;
}

function layerHref(position: number, { layers }: PageAddresses): string | null {
  const number = layers?.[position];
  return number === undefined ? null : `layer-${number}.html`;
}
