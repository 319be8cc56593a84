import type { Spec, View } from 'vega';
import type { ExploredTable } from '../../explored-table.js';
import type { Cell } from '../../query.js';
import { chartPhrases } from '../chart-phrases.js';
import type { PackedFigure } from '../packed-figure.js';
import { restoreRows } from '../embedded-rows.js';
import { inflate } from './inflate.js';

/** A figure of the page: what its embedded script holds, and the charts drawn of it. */
export interface FigureState {
  readonly id: string;
  readonly packed: string;
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
  panels: readonly Spec[];
  /** Null but of a table that readers explore. */
  explored: ExploredTable | null;
  views: View[];
  /** Why it could not be unpacked; null where it was, or is still to be. */
  failure: { readonly error: unknown } | null;
}

/** The figures within a part of a document, still packed. */
export function readFigures(root: ParentNode): FigureState[] {
  return figureScripts(root).map((script) => ({
    id: script.dataset['figure']!,
    packed: script.textContent,
    columns: [],
    rows: [],
    panels: [],
    explored: null,
    views: [],
    failure: null,
  }));
}

/** Ids of the figures within a part of a document. */
export function figureIds(root: ParentNode): string[] {
  return figureScripts(root).map((script) => script.dataset['figure']!);
}

/** Unpacks figures in place. Resolves when all are, those included that can't be. */
export async function unpackFigures(figures: readonly FigureState[]): Promise<readonly FigureState[]> {
  await Promise.all(
    figures.map(async (figure) => {
      try {
        const unpacked = (await inflate(figure.packed, chartPhrases)) as PackedFigure;
        figure.columns = unpacked.columns;
        figure.panels = unpacked.panels as readonly Spec[];
        figure.explored = unpacked.explored ?? null;
        figure.rows = restoreRows(unpacked) as readonly (readonly Cell[])[];
      } catch (error) {
        figure.failure = { error };
      }
    }),
  );
  return figures;
}

/** The root itself is one where a script alone is replaced. */
function figureScripts(root: ParentNode): HTMLScriptElement[] {
  const within = [...root.querySelectorAll<HTMLScriptElement>('script[data-figure]')];
  return root instanceof HTMLScriptElement && root.dataset['figure'] !== undefined ? [root, ...within] : within;
}
