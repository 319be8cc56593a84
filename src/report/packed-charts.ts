import { deflateRawSync } from 'node:zlib';

/**
 * The charts of a figure, compiled, as the page holds them: JSON, deflated (RFC 1951), base64; empty without charts. A
 * compiled chart of 13 kB says most things many times and takes 4 kB so, which a report of many pages needs.
 */
export function packCharts(charts: readonly unknown[]): string {
  return charts.length === 0 ? '' : deflateRawSync(JSON.stringify(charts), { level: 9 }).toString('base64');
}

/** {@link packCharts} undone, as JavaScript for the page: a function of the text that promises the charts. */
export const unpackCharts = `async (text) => {
  if (text === '') return [];
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return JSON.parse(await new Response(inflated).text());
}`;
