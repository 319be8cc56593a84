import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ExploredTable } from '../explored-table.js';
import type { QueryResult } from '../query.js';
import { chartPhrases } from './chart-phrases.js';
import { embedRows } from './embed-rows.js';
import type { PackedFigure } from './packed-figure.js';

/**
 * Rows and charts of a figure as text: JSON, deflated (RFC 1951) after the phrases that all charts
 * share, base64. A compiled chart of 13 kB takes 1 kB so, 4 kB without the phrases, which a report
 * of many pages needs. No letter of it means anything to HTML.
 */
export function packFigure(result: QueryResult, panels: readonly unknown[], explored?: ExploredTable): string {
  // Charts first: further on than 32 kB the phrases are out of reach.
  const figure: PackedFigure = { panels, ...embedRows(result), ...(explored === undefined ? {} : { explored }) };
  return deflated(figure, dictionary);
}

/** Any JSON value as such text; the page's scripts have its inverse, client/inflate. */
export function packJson(value: unknown): string {
  return deflated(value);
}

const dictionary = Buffer.from(chartPhrases);

/** Deflated after a dictionary, where one is given, which its reader has to have too. */
function deflated(value: unknown, dictionary?: Buffer): string {
  const options = { level: 9, memLevel: 9, ...(dictionary === undefined ? {} : { dictionary }) };
  return deflateRawSync(JSON.stringify(value), options).toString('base64');
}

/** {@link packFigure} undone. */
export function unpackFigure(packed: string): PackedFigure {
  return JSON.parse(inflateRawSync(Buffer.from(packed, 'base64'), { dictionary }).toString('utf8')) as PackedFigure;
}
