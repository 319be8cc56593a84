import type { RowLinks } from '../../../addresses/page-links.js';
import type { ExploredColumn, ExploredTable } from '../../../explored-table.js';
import type { Row } from '../../../query.js';
import type { FigureState } from '../figure-state.js';
import type { ExplorerState } from './explorer-state.js';

/** What explorers of a page share. */
export interface Exploring {
  readonly links: RowLinks;
  /** Another figure of the page, whose rows may be shown beside. */
  readonly figureOf: (id: string) => FigureState | undefined;
}

/** What the parts of an explorer need to know and to do. */
export interface Explored {
  readonly id: string;
  readonly table: ExploredTable;
  /** All rows, by column name. */
  readonly rows: readonly Row[];
  readonly columns: readonly ExploredColumn[];
  readonly state: ExplorerState;
  readonly change: (change: Partial<ExplorerState>) => void;
}
