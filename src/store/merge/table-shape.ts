import type { Bindable } from '../bindable.js';

/** Whatever answers queries: the database that is merged into, or one that is merged. */
export interface Rows {
  all(sql: string, ...parameters: readonly Bindable[]): readonly unknown[];
}

/** A row by column name. */
export type Row = Readonly<Record<string, Bindable>>;

/** What a database says of one of its tables. */
export interface TableShape {
  readonly columns: readonly string[];
  /** Columns of the primary key. */
  readonly key: readonly string[];
  /** Column -> the table whose row ids it holds. */
  readonly references: ReadonlyMap<string, string>;
}

/** Tables of one database, each asked about once. */
export class TableShapes {
  readonly #shapes = new Map<string, TableShape>();

  constructor(private readonly database: Rows) {}

  of(table: string): TableShape {
    const known = this.#shapes.get(table);
    if (known !== undefined) return known;
    const described = this.database.all('SELECT name, pk FROM pragma_table_info(?)', table) as readonly {
      readonly name: string;
      readonly pk: number;
    }[];
    const references = this.database.all('SELECT "from", "table" FROM pragma_foreign_key_list(?)', table) as readonly {
      readonly from: string;
      readonly table: string;
    }[];
    const shape = {
      columns: described.map(({ name }) => name),
      key: described.filter(({ pk }) => pk > 0).map(({ name }) => name),
      references: new Map(references.map(({ from, table: to }) => [from, to])),
    };
    this.#shapes.set(table, shape);
    return shape;
  }
}
