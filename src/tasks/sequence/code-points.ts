/** The Unicode code points of a text: `length` of a string counts UTF-16 units. */
export function codePoints(text: string): readonly string[] {
  return Array.from(text);
}
