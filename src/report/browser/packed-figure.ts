import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { EmbeddedRows } from './embed-rows.js';
import { embedRows } from './embed-rows.js';
import type { QueryResult } from '../query.js';

/** A figure as the page holds it: its rows, and its charts compiled. */
export interface PackedFigure extends EmbeddedRows {
  readonly panels: readonly unknown[];
}

/**
 * Rows and charts of a figure as text: JSON, deflated (RFC 1951), base64. A compiled chart of 13 kB says most things many
 * times and takes 4 kB so, which a report of many pages needs. No letter of it means anything to HTML.
 */
export function packFigure(result: QueryResult, panels: readonly unknown[]): string {
  const figure: PackedFigure = { ...embedRows(result), panels };
  return packJson(figure);
}

/** Any JSON value as such text. */
export function packJson(value: unknown): string {
  return deflateRawSync(JSON.stringify(value), { level: 6 }).toString('base64');
}

/** {@link packFigure} undone. */
export function unpackFigure(packed: string): PackedFigure {
  return JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString('utf8')) as PackedFigure;
}

/** {@link packJson} undone, as JavaScript for the page: a function of the text that promises the value. */
export const unpackInPage = `async (packed) => {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return JSON.parse(await new Response(inflated).text());
}`;
