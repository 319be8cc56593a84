import { textWidth } from '../text-width.js';

/** System fonts are up to so much wider than Helvetica (DejaVu Sans). */
const slack = 1.15;

/** More fit no box; names may have thousands. */
const mostLetters = 120;

/** Text of at most so many pixels: what is too much in its middle gives way to an ellipsis. */
export function shortenedToWidth(text: string, width: number, fontSize: number): string {
  const fits = (shown: string): boolean => slack * textWidth(shown, fontSize) <= width;
  const letters = shortenedLetters(text);
  if (letters.length < mostLetters && fits(text)) return text;
  for (let kept = Math.min(letters.length, mostLetters) - 1; kept > 1; kept -= 1) {
    // The end of a name tells more than its beginning.
    const head = Math.floor(kept * 0.4);
    const shown = `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (kept - head)).join('')}`;
    if (fits(shown)) return shown;
  }
  return '…';
}

/** The letters, of a long text those at its ends. */
function shortenedLetters(text: string): string[] {
  const letters = Array.from(text);
  return letters.length <= mostLetters ? letters : [...letters.slice(0, 40), ...letters.slice(40 - mostLetters)];
}
