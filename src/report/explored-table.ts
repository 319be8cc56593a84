import type { MetricText } from './number-text.js';

/**
 * A table that readers sort, filter and compare in the page, as plain data: the page's HTML and its
 * script make the same cells of it.
 */
export interface ExploredTable {
  readonly columns: readonly ExploredColumn[];
  /** How values of the metric are written. */
  readonly metric: MetricText;
  /** Rows shown at once; as many stand in the page without JavaScript. */
  readonly perPage: number;
  /** Name of the sweep, for the command that compares trials. */
  readonly sweep: string;
  /** The best trial; null without one. */
  readonly best: number | null;
}

/** One column of it. */
export interface ExploredColumn {
  /** What it is called in addresses; unique in its table. */
  readonly id: string;
  readonly title: string;
  /** In full, or as the experiment file has it; empty where the title says all. */
  readonly hint: string;
  /** Column of the query that it is sorted by. */
  readonly field: string;
  readonly format: CellFormat;
  /** Which end is the better one: it comes first at the first click. */
  readonly better: 'higher' | 'lower' | null;
  /** Whether it is shown at first on a wide screen, and on a narrow one. */
  readonly shown: 'always' | 'wide' | 'chosen';
  /** True where its values are few, so that readers choose one to filter by. */
  readonly isChoice: boolean;
  /** True for an axis of the sweep, or the role of a trial: what sets trials apart. */
  readonly isSetting: boolean;
}

/** How a cell is written; see explored-cell. */
export type CellFormat =
  | 'trial'
  | 'text'
  | 'code'
  | 'status'
  | 'role'
  | 'setting'
  | 'word'
  /** What people wrote: tags, notes. */
  | 'written'
  | 'boolean'
  | 'provider'
  | 'value'
  | 'interval'
  | 'gap'
  | 'difference'
  | 'p'
  | 'loss'
  | 'share'
  | 'exponent'
  | 'duration';

const leftAligned: readonly CellFormat[] = ['trial', 'text', 'code', 'status', 'role', 'word', 'written', 'provider'];

/** True where cells stand at the right, as numbers do. */
export function isRightAligned({ format }: Pick<ExploredColumn, 'format'>): boolean {
  return !leftAligned.includes(format);
}

/** Columns of the query that a column shows, for downloads. */
export function fieldsOf({ field, format }: ExploredColumn): readonly string[] {
  if (format === 'trial') return ['trial', 'label'];
  return format === 'interval' ? ['ci_low', 'ci_high'] : [field];
}
