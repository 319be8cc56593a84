import { isDeepStrictEqual } from 'node:util';

import type { Bindable } from '../bindable.js';
import type { Connection } from '../file/connection.js';
import { decodeHistograms } from '../payload/histogram-payload.js';
import { decodeLevels } from '../payload/levels-payload.js';
import { decodeNumbers } from '../payload/numbers-payload.js';
import { decodePayload } from '../payload/payload.js';
import type { Difference } from './merge-conflict.js';
import type { OwnedTable, PayloadForm } from './merged-tables.js';
import type { RowIds } from './row-ids.js';
import type { Row, Rows, TableShape, TableShapes } from './table-shape.js';

/** Ids of one row in both databases. */
export interface Pair {
  readonly source: number;
  readonly target: number;
}

/** The databases that owned rows go between. */
export interface MergeSides {
  readonly source: Rows;
  readonly target: Connection;
  readonly sourceShapes: TableShapes;
  readonly targetShapes: TableShapes;
  readonly ids: RowIds;
}

/** Copies all rows of these tables that belong to the source's row, and what belongs to them. */
export function copyOwned(sides: MergeSides, tables: readonly OwnedTable[], owner: Pair): void {
  for (const table of tables) {
    for (const row of ownedBySource(sides, table, owner)) copyRow(sides, table, row);
  }
}

/**
 * Copies the rows that the target lacks.
 *
 * @returns how many
 */
export function copyMissing(sides: MergeSides, table: OwnedTable, owner: Pair): number {
  const identityOf = identity(table, sides.targetShapes.of(table.name));
  const there = new Set(ownedByTarget(sides, table, owner.target).map(identityOf));
  const missing = ownedBySource(sides, table, owner).filter((row) => !there.has(identityOf(row)));
  for (const row of missing) copyRow(sides, table, row);
  return missing.length;
}

/** Writes into the target's rows what only the source has found out about them. */
export function fillFindings(sides: MergeSides, table: OwnedTable, owner: Pair): void {
  const { name, findings = [] } = table;
  const identityOf = identity(table, sides.targetShapes.of(name));
  const ours = new Map(ownedByTarget(sides, table, owner.target).map((row) => [identityOf(row), row]));
  for (const row of ownedBySource(sides, table, owner)) {
    const own = ours.get(identityOf(row));
    for (const column of findings) {
      if (own?.[column] !== null || (row[column] ?? null) === null) continue;
      sides.target.run(`UPDATE ${name} SET ${column} = ? WHERE id = ?`, row[column]!, own['id']!);
    }
  }
}

/** Removes the target's rows. */
export function removeOwned({ target }: MergeSides, tables: readonly OwnedTable[], owner: number): void {
  for (const { name, owner: column } of tables) target.run(`DELETE FROM ${name} WHERE ${column} = ?`, owner);
}

/**
 * What differs between the rows that the two databases have of these tables, bit by bit. Also
 * learns which rows are the same.
 *
 * @param common true: rows that only one database has are no difference
 */
export function compareOwned(
  sides: MergeSides,
  tables: readonly OwnedTable[],
  owner: Pair,
  common = false,
): readonly Difference[] {
  return tables.flatMap((table) => compareTable(sides, table, owner, common));
}

function compareTable(sides: MergeSides, table: OwnedTable, owner: Pair, common: boolean): readonly Difference[] {
  const identityOf = identity(table, sides.targetShapes.of(table.name));
  const ours = new Map(ownedByTarget(sides, table, owner.target).map((row) => [identityOf(row), row]));
  const found: Difference[] = [];
  for (const row of ownedBySource(sides, table, owner)) {
    const own = ours.get(identityOf(row));
    ours.delete(identityOf(row));
    if (own === undefined) {
      if (!common) found.push({ column: table.name, detail: `${nameOfRow(sides, table, row)}: none, one` });
      continue;
    }
    const pair = { source: row['id'] as number, target: own['id'] as number };
    if ('id' in row) sides.ids.set(table.name, pair.source, pair.target);
    found.push(...compareRows(sides, table, own, row), ...compareOwned(sides, table.children ?? [], pair, common));
  }
  if (!common) {
    for (const row of ours.values()) {
      found.push({ column: table.name, detail: `${nameOfRow(sides, table, row)}: one, none` });
    }
  }
  return found;
}

/** Columns that both have, but for ids, circumstances and what only one has found out. */
function compareRows(sides: MergeSides, table: OwnedTable, ours: Row, theirs: Row): readonly Difference[] {
  const { name, owner, circumstances = [], findings = [], payloads = {} } = table;
  const leftOut = new Set(['id', owner, ...circumstances]);
  return Object.keys(theirs).flatMap((column) => {
    if (leftOut.has(column) || !(column in ours)) return [];
    const [one, other] = [ours[column]!, theirs[column]!];
    if (isEqual(one, other, payloads[column])) return [];
    if (findings.includes(column) && [ours, theirs].some((row) => row[column] === null)) return [];
    const where = nameOfRow(sides, table, ours);
    return [{ column: `${name}.${column}`, detail: `${where}: ${shown(one)}, ${shown(other)}` }];
  });
}

const decoders: Readonly<Record<PayloadForm, (bytes: Uint8Array, where: string) => unknown>> = {
  payload: decodePayload,
  histograms: decodeHistograms,
  levels: decodeLevels,
  numbers: decodeNumbers,
};

/** Whether two stored values are equal bit for bit. */
export function isEqual(one: Bindable, other: Bindable, payload?: PayloadForm): boolean {
  if (!(one instanceof Uint8Array) || !(other instanceof Uint8Array)) return Object.is(one, other);
  if (Buffer.compare(one, other) === 0) return true;
  if (payload === undefined) return false;
  const decode = decoders[payload];
  return isDeepStrictEqual(decode(one, 'a merged row'), decode(other, 'a merged row'));
}

/** A value as a message has it. */
export function shown(value: Bindable): string {
  if (value === null) return 'nothing';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  const text = String(value);
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

function ownedByTarget({ target }: MergeSides, { name, owner }: OwnedTable, id: number): readonly Row[] {
  return target.all(`SELECT * FROM ${name} WHERE ${owner} = ?`, id) as readonly Row[];
}

/** With the target's ids in their references; the row's own id stays. */
function ownedBySource(sides: MergeSides, { name, owner }: OwnedTable, { source, target }: Pair): readonly Row[] {
  const shape = sides.sourceShapes.of(name);
  const rows = sides.source.all(`SELECT * FROM ${name} WHERE ${owner} = ?`, source) as readonly Row[];
  return rows.map((row) => ({ ...sides.ids.translated(row, shape), [owner]: target }));
}

function copyRow(sides: MergeSides, table: OwnedTable, row: Row): void {
  const id = insertRow(sides, table.name, row);
  if (!('id' in row)) return;
  const pair = { source: row['id'] as number, target: id };
  sides.ids.set(table.name, pair.source, pair.target);
  copyOwned(sides, table.children ?? [], pair);
}

/**
 * Inserts a row, whose references are the target's already, under a new id; of its columns those
 * that the target has.
 */
export function insertRow({ target, targetShapes }: MergeSides, table: string, row: Row): number {
  const columns = targetShapes.of(table).columns.filter((column) => column !== 'id' && column in row);
  const { id } = target.run(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    ...columns.map((column) => row[column]!),
  );
  return id;
}

function identity({ owner, identity: columns }: OwnedTable, { key }: TableShape): (row: Row) => string {
  const telling = columns ?? key.filter((column) => column !== owner);
  return (row) => JSON.stringify(telling.map((column) => row[column]));
}

/** What tells a row apart, for people. */
function nameOfRow(sides: MergeSides, { name, owner, identity: columns }: OwnedTable, row: Row): string {
  const shape = sides.targetShapes.of(name);
  const telling = columns ?? shape.key.filter((column) => column !== owner);
  const texts = telling.map((column) => {
    if (shape.references.get(column) !== 'layer') return `${column} ${shown(row[column]!)}`;
    const [layer] = sides.target.all('SELECT name FROM layer WHERE id = ?', row[column]!) as readonly Row[];
    return `layer ${shown(layer?.['name'] ?? null)}`;
  });
  return texts.length === 0 ? 'its row' : texts.filter((text) => text !== 'slice ').join(', ');
}
