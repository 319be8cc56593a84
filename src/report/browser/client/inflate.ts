/**
 * The value behind text that `packJson` made, or with its phrases `packFigure`: JSON, deflated
 * (RFC 1951), base64.
 */
export async function inflate(packed: string, phrases = ''): Promise<unknown> {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const known = new TextEncoder().encode(phrases);
  const inflated = new Blob([...storedBlock(known), bytes])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'));
  const text = await new Response(inflated).text();
  return JSON.parse(text.slice(phrases.length));
}

/**
 * Bytes as a deflate block that holds them as they are (RFC 1951, 3.2.4), not the last one.
 * Browsers take no dictionary, but what follows may point back at an earlier block just as well.
 */
function storedBlock(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const { length } = bytes;
  if (length === 0) return [];
  const high = length >> 8;
  return [Uint8Array.of(0, length & 255, high, ~length & 255, ~high & 255), bytes];
}
