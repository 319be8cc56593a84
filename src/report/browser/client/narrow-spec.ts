import type { Spec } from 'vega';

/** Places of fewer pixels get the narrow form of a chart. */
export const narrowBelow = 480;

/** Pixels of a legend's or axis' label at most. */
const mostLabelPixels = 110;

/** Names of layers keep their ends, which tell them apart, with an ellipsis between. */
const mostNameLetters = 17;
const keptHead = 6;
const keptTail = 10;

/** A compiled chart for a narrow place: labels, names of layers and legends take less width. */
export function narrowSpec(spec: Spec): Spec {
  const narrow = JSON.parse(JSON.stringify(spec), (key, value: unknown) =>
    key === 'labelLimit' && typeof value === 'number' && value > mostLabelPixels ? mostLabelPixels : value,
  ) as Spec;
  for (const signal of narrow.signals ?? []) {
    if (signal.name === 'layerNames' && 'value' in signal)
      signal.value = shortNames(signal.value as Readonly<Record<string, string>>);
  }
  if (narrow.config?.legend !== undefined) Object.assign(narrow.config.legend, { titleOrient: 'top', columns: 2 });
  return narrow;
}

function shortNames(names: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([place, name]) => [place, shortName(name)]));
}

function shortName(name: string): string {
  return name.length > mostNameLetters ? `${name.slice(0, keptHead)}…${name.slice(-keptTail)}` : name;
}
