import { textWidth } from '../text-width.js';

/** System fonts are up to so much wider than Helvetica (DejaVu Sans). */
const slack = 1.15;

/** Text of at most so many pixels: what is too much in its middle gives way to an ellipsis. */
export function shortenedToWidth(text: string, width: number, fontSize: number): string {
  const fits = (shown: string): boolean => slack * textWidth(shown, fontSize) <= width;
  if (fits(text)) return text;
  const letters = Array.from(text);
  for (let kept = letters.length - 1; kept > 1; kept -= 1) {
    // The end of a name tells more than its beginning.
    const head = Math.floor(kept * 0.4);
    const shown = `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (kept - head)).join('')}`;
    if (fits(shown)) return shown;
  }
  return '…';
}
