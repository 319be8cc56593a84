/**
 * Turns pixels in CMYK, four bytes each, into red, green and blue as Pillow's `convert('RGB')`
 * does, which knows no profile of inks: red is `(255 - K) (255 - C) / 255`, and so on, rounded by
 * what is taken off.
 */
export function cmykToRgb(inks: Uint8Array): Uint8Array {
  const pixels = inks.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const white = 255 - inks[pixel * 4 + 3]!;
    for (let ink = 0; ink < 3; ink += 1) {
      rgb[pixel * 3 + ink] = white - Math.round((inks[pixel * 4 + ink]! * white) / 255);
    }
  }
  return rgb;
}
