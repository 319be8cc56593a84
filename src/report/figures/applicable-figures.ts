import type { PageFigure } from './figure.js';

/** Those of a page's figures that its facts ask for; others are not even named as missing. */
export function applicableFigures<Facts, Figure extends PageFigure<Facts>>(
  figures: readonly Figure[],
  facts: Facts,
): Figure[] {
  return figures.filter(({ appliesTo }) => appliesTo?.(facts) ?? true);
}
