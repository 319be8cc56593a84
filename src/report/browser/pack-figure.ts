import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ExploredTable } from '../explored-table.js';
import type { QueryResult } from '../query.js';
import { embedRows } from './embed-rows.js';
import type { PackedFigure } from './packed-figure.js';

/**
 * Rows and charts of a figure as text: JSON, deflated (RFC 1951), base64. A compiled chart of 13 kB
 * says most things many times and takes 4 kB so, which a report of many pages needs. No letter of
 * it means anything to HTML.
 */
export function packFigure(result: QueryResult, panels: readonly unknown[], explored?: ExploredTable): string {
  const figure: PackedFigure = { ...embedRows(result), panels, ...(explored === undefined ? {} : { explored }) };
  return packJson(figure);
}

/** Any JSON value as such text; the page's scripts have its inverse, client/inflate. */
export function packJson(value: unknown): string {
  return deflateRawSync(JSON.stringify(value), { level: 6 }).toString('base64');
}

/** {@link packFigure} undone. */
export function unpackFigure(packed: string): PackedFigure {
  return JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString('utf8')) as PackedFigure;
}
