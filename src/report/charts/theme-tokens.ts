/**
 * One colour for one meaning, throughout the report. Specs name colours by token (`@fp32`); the
 * page puts in the value for light or dark when it draws. Hues after Okabe and Ito (2008), which
 * stay apart for colour-blind readers; lightened in the dark so that contrast with the ground stays
 * above 3:1.
 */
export const themeTokens = {
  ground: { light: '#ffffff', dark: '#16181c' },
  text: { light: '#1c1e21', dark: '#e6e7ea' },
  muted: { light: '#5d636b', dark: '#a2a8b1' },
  grid: { light: '#e6e8eb', dark: '#2b2f36' },
  /** FP32: always this neutral. */
  fp32: { light: '#33373c', dark: '#d5d8dd' },
  /** Unsmoothed (s = 1): always this vermillion, also for amax before smoothing. */
  unsmoothed: { light: '#d55e00', dark: '#f08a3c' },
  /** Smoothed quantities where calibration size is not the topic. */
  smoothed: { light: '#0072b2', dark: '#4ba3dc' },
  absmaxChannel: { light: '#0072b2', dark: '#4ba3dc' },
  absmaxView: { light: '#aa4499', dark: '#dc8fd0' },
  size0: { light: '#0072b2', dark: '#4ba3dc' },
  size1: { light: '#008561', dark: '#2fbf96' },
  size2: { light: '#b07d00', dark: '#e6b23a' },
  size3: { light: '#8a4f9e', dark: '#c99adb' },
  size4: { light: '#3f8fb5', dark: '#8fd0ef' },
  size5: { light: '#6b6b6b', dark: '#bdbdbd' },
  /** Small to large loss; the end far from the ground is the bad one. */
  loss0: { light: '#f4f1e4', dark: '#23262c' },
  loss1: { light: '#e3c972', dark: '#4d3f63' },
  loss2: { light: '#c98945', dark: '#8a4a7d' },
  loss3: { light: '#8d4a52', dark: '#cf6a68' },
  loss4: { light: '#3a2149', dark: '#f6d37a' },
  /** Low to high values of the metric; the end far from the ground is the good one. */
  value0: { light: '#e0c184', dark: '#5c4a2a' },
  value1: { light: '#6f9fa8', dark: '#4f7f8c' },
  value2: { light: '#123f73', dark: '#a5d8ff' },
  /** Small to large numbers that are neither good nor bad. */
  tint0: { light: '#e8f1f7', dark: '#1d2730' },
  tint1: { light: '#b5d5e8', dark: '#23415a' },
  tint2: { light: '#73b2d6', dark: '#2d648b' },
  tint3: { light: '#1f7ab3', dark: '#4ba3dc' },
  tint4: { light: '#00497a', dark: '#a9d7f5' },
  /** Pairs of weight and activation bits, in ascending order. */
  bits0: { light: '#8c5109', dark: '#d9a05b' },
  bits1: { light: '#4053a8', dark: '#8fa2f2' },
  bits2: { light: '#a03a67', dark: '#ea8bb4' },
  bits3: { light: '#2a6e5a', dark: '#6fc7ab' },
  /** With bias correction, beside the blue of smoothed alone. */
  corrected: { light: '#5c7a00', dark: '#b2cf57' },
  /** The two parts of a layer's damage. */
  weightPart: { light: '#7a5195', dark: '#c3a1dd' },
  inputPart: { light: '#1b8a7a', dark: '#63c7b5' },
  /** What quantizing a layer costs, and what leaving it in float brings. */
  cost: { light: '#a1304e', dark: '#ee7d95' },
  gain: { light: '#2f7d8c', dark: '#7cc8d6' },
  /** Time of work done, and of work found finished. */
  spent: { light: '#4d6a87', dark: '#8fabc9' },
  spared: { light: '#b4c1cd', dark: '#4c5a69' },
  /** The two sides of a comparison, trials or sweeps, where neither is FP32 or unsmoothed. */
  sideA: { light: '#3f51b5', dark: '#9fb0ff' },
  sideB: { light: '#a86a00', dark: '#e9b44c' },
  /** First to last layer of the network. */
  depth0: { light: '#2f9479', dark: '#7fd9be' },
  depth1: { light: '#2c6f9f', dark: '#62aee0' },
  depth2: { light: '#5b3a9a', dark: '#a993f0' },
} as const;

/** Name of a colour in {@link themeTokens}. */
export type ThemeToken = keyof typeof themeTokens;

/** What the reader's system is set to; print is light. */
export type ColorScheme = 'light' | 'dark';

/** A specification with the colours of a scheme in place of their tokens. */
export function resolveTokens<Spec>(spec: Spec, scheme: ColorScheme): Spec {
  const colors: Readonly<Record<string, Readonly<Record<ColorScheme, string>> | undefined>> = themeTokens;
  return JSON.parse(JSON.stringify(spec), (_, value: unknown) =>
    typeof value === 'string' && value.startsWith('@') ? (colors[value.slice(1)]?.[scheme] ?? value) : value,
  ) as Spec;
}
