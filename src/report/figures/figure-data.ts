import type { FigureContent, PageFigure } from './figure.js';
import { untilEnded } from './until-ended.js';
import type { Query, QueryResult, Row } from '../query.js';
import { toRows } from '../query.js';

/** A figure with what its query gave. */
export interface FigureData {
  readonly id: string;
  readonly title: string;
  /** As the page's closing line calls it where it has nothing to show. */
  readonly name: string;
  /** What ran. */
  readonly sql: string;
  /** As the query gave it. */
  readonly result: QueryResult;
  /** The same by column name. */
  readonly rows: readonly Row[];
  readonly content: FigureContent;
}

/** Runs a figure's query and makes its content of the rows. */
export function figureData<Facts>(figure: PageFigure<Facts>, facts: Facts, query: Query): FigureData {
  const sql = figure.sql(facts);
  const result = query(sql, []);
  const rows = toRows(result);
  const built = figure.build(rows, facts);
  const content = built.kind === 'absent' ? untilEnded(built, facts) : built;
  const title = figure.title(facts);
  return { id: figure.id, title, name: figure.name ?? lowered(title), sql, result, rows, content };
}

/** A title within a sentence: `Loss over alpha` loses its capital, `FP32` does not. */
function lowered(name: string): string {
  return /^[A-Z][a-z]/.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}
