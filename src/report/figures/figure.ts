import type { TopLevelSpec } from 'vega-lite';
import type { NetworkPicture } from '../charts/graph/network-picture.js';
import type { ExploredTable } from '../explored-table.js';
import type { Row } from '../query.js';
import type { SweepFacts } from '../facts/sweep-facts.js';

/**
 * Parts of the sweep page. `first`, `axes` and `absmax` are of figures that belong to a question:
 * where the sweep asks it, the page has them there.
 */
export type SectionId = 'first' | 'axes' | 'absmax' | 'trials' | 'network' | 'layers' | 'ranges' | 'provenance';

/**
 * One figure of a page whose facts are `Facts`: a query and what to make of its rows. Pure: no
 * database, no document. Specs take the query's rows under the data name `rows`; anything derived
 * is a transform inside the spec, so the page holds the rows once, as queried.
 *
 * The page adds two fields to each row: `trial_href` where the row has a `trial`, `layer_href`
 * where it has a `position`: the address of that trial's or layer's page, null where the report has
 * none. A mark becomes a link by `encoding: { href: { field: 'trial_href', type: 'nominal' } }`.
 */
export interface PageFigure<Facts> {
  /** Stable, unique in its page; the figure's anchor. */
  readonly id: string;
  /** Section of the page that it stands in. */
  readonly section: string;
  readonly title: (facts: Facts) => string;
  /**
   * Whether a page has it at all: where not, it is neither queried nor named as missing. Default:
   * it has.
   */
  readonly appliesTo?: (facts: Facts) => boolean;
  /** What the figure is called where it is only named, e.g. `Pareto front`; without: its title. */
  readonly name?: string;
  /**
   * A SELECT on the documented views, or on tables where no view tells, with every value written
   * in.
   */
  readonly sql: (facts: Facts) => string;
  readonly build: (rows: readonly Row[], facts: Facts) => FigureContent;
}

/** A figure of the sweep page. */
export interface Figure extends PageFigure<SweepFacts> {
  readonly section: SectionId;
}

/** What a figure shows. */
export type FigureContent = ChartContent | GraphContent | TableContent | TextContent | AbsentContent;

/** Charts side by side (small multiples) with one caption. */
export interface ChartContent {
  readonly kind: 'charts';
  readonly panels: readonly Panel[];
  /** True where panels are as small as 200 pixels, several beside each other. */
  readonly isCompact?: boolean;
  /** Selections above the charts; each sets the Vega-Lite parameter of its name in every panel. */
  readonly controls: readonly Control[];
  /** What is seen, in two lines at most. */
  readonly caption: string;
  /** How to read it, rules and exceptions: behind a disclosure. */
  readonly details?: string;
}

/**
 * A network drawn by the page itself. Its boxes are coloured by the figure's rows, of which the
 * controls `shows`, `mode` and `trial` choose (charts/graph/network-colours).
 */
export interface GraphContent {
  readonly kind: 'graph';
  /** The whole, then one for each group of a large network. */
  readonly pictures: readonly NetworkPicture[];
  readonly controls: readonly Control[];
  /** Read out by screen readers before the boxes. */
  readonly alt: string;
  readonly caption: string;
  readonly details?: string;
}

/** One chart. */
export interface Panel {
  /** Empty where the figure has one panel. */
  readonly title: string;
  readonly spec: TopLevelSpec;
  /** Read out by screen readers instead of the chart. */
  readonly alt: string;
}

/** A choice that sets a Vega-Lite parameter; the first option is chosen at first. */
export interface Control {
  readonly param: string;
  readonly label: string;
  readonly options: readonly { readonly value: string | number; readonly label: string }[];
}

/** A table that stands in the page itself. */
export interface TableContent {
  readonly kind: 'table';
  readonly columns: readonly TableColumn[];
  readonly caption: string;
  readonly details?: string;
  /** True where a click on a column's head sorts by it. */
  readonly sortable: boolean;
  /** Where given, the table is behind a disclosure of this text. */
  readonly disclosure?: string;
  /** Where given, readers sort, filter and compare rows in the page; `columns` show at first. */
  readonly explored?: ExploredTable;
  /** Class of a row, for emphasis. */
  readonly emphasis?: (row: Row) => 'best' | 'failed' | 'varied' | null;
}

/** One column of a table. */
export interface TableColumn {
  readonly title: string;
  /** Column of the query that the cell is sorted by. */
  readonly field: string;
  readonly align: 'left' | 'right';
  readonly text: (row: Row) => string;
  /** Address of the page that the cell links to, relative to this one; null without. */
  readonly href?: (row: Row) => string | null;
  /** UTC time (ISO 8601) since which a live page counts the cell's text up; null where it stays. */
  readonly since?: (row: Row) => string | null;
}

/** A sentence that says what the rows hold. */
export interface TextContent {
  readonly kind: 'text';
  readonly caption: string;
  readonly details?: string;
}

/** Nothing to draw: the sweep lacks the data. The page names it in its closing line. */
export interface AbsentContent {
  readonly kind: 'absent';
  /**
   * The same in a few words, for the closing line: the setting that brings the data
   * (`layers.sensitivity`), or why there is none (`none failed`).
   */
  readonly brief?: string;
  /** Which setting of the experiment brings the data. */
  readonly note: string;
  /**
   * True where the note holds while trials are pending, too: it says nothing of what the experiment
   * lacks.
   */
  readonly holdsWhilePending?: boolean;
}
