import type { View } from 'vega';

/** What a reader has selected in a chart, by data set of the selection. */
export type Selections = Readonly<Record<string, readonly unknown[] | null>>;

/** What is selected in a chart, as a copy that outlives it. */
export function selectionsOf(view: View): Selections {
  const isSelection = (name?: string): boolean => name?.endsWith('_store') === true;
  const state = view.getState({ data: isSelection, signals: () => false, recurse: false });
  return JSON.parse(JSON.stringify(state.data ?? {})) as Selections;
}

/** Selects in a chart what was selected in the one before. */
export function select(view: View, selections: Selections | undefined): void {
  if (selections === undefined) return;
  if (Object.values(selections).some((rows) => rows !== null && rows.length > 0)) view.setState({ data: selections });
}
