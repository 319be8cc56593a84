/**
 * Advance widths of Helvetica (which Arial has too) for U+0020..U+007E, in thousandths of the font
 * size; Adobe's font metrics.
 */
const helvetica = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
  556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
  722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
  556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
  260, 334, 584,
] as const;

/**
 * Width in pixels of a line of text in Helvetica or Arial of so many pixels; other letters are
 * taken as of middling width.
 */
export function textWidth(text: string, fontSize: number): number {
  let thousandths = 0;
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0;
    // From U+2E80 on: ideographs and symbols as wide as they are high.
    thousandths += helvetica[code - 32] ?? (code >= 0x2e80 || letter === '…' ? 1000 : 600);
  }
  return (thousandths / 1000) * fontSize;
}
