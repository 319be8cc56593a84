import type { Bindable } from '../bindable.js';
import type { Difference } from './merge-conflict.js';
import type { Merging } from './merging.js';
import { isEqual, shown } from './owned-rows.js';
import type { Row } from './table-shape.js';

/** The tables of work, each row under its content key. */
export type WorkTable = 'stage' | 'trial';

/** How far work is: of two databases the one that is further counts. */
const progress: Readonly<Record<string, number>> = { pending: 0, failed: 1, stopped: 2, done: 3 };

export function progressOf(row: Row): number {
  return progress[String(row['status'])] ?? 0;
}

export function isFinished(row: Row): boolean {
  return progressOf(row) >= progress['stopped']!;
}

/**
 * Columns of work that are no result: how it went, where, when, and what its rows are linked to,
 * which follows from keys. Settings hold the paths of a machine; the key says that they are equal.
 */
const circumstances: ReadonlySet<string> = new Set([
  ...['id', 'key', 'settings', 'status', 'model_id', 'observation_id', 'moments_stage_id', 'search_stage_id'],
  ...['rank_stage_id'],
  ...['finished_at', 'duration_ms', 'error_class', 'error', 'failed_under', 'numerics_class'],
]);

/** What differs between the results in two rows of finished work of one key. */
export function compareWork({ mixClasses }: Merging, table: WorkTable, ours: Row, theirs: Row): readonly Difference[] {
  const columns = Object.keys(theirs).filter((column) => column in ours && !circumstances.has(column));
  const differing = columns.filter(
    (column) => !isEqual(ours[column]!, theirs[column]!, column === 'result' ? 'payload' : undefined),
  );
  const [own, other] = [ours['numerics_class'] ?? null, theirs['numerics_class'] ?? null];
  if (!mixClasses && own !== null && other !== null && own !== other) differing.push('numerics_class');
  return differing.map((column) => ({
    column: `${table}.${column}`,
    detail: `${shown(ours[column]!)}, ${shown(theirs[column]!)}`,
  }));
}

/** Puts the columns of the merged row in place of the target's; key and settings stay. */
export function updateWork({ target, targetShapes }: Merging, table: WorkTable, id: number, row: Row): void {
  const kept = new Set(['id', 'key', 'settings']);
  const columns = targetShapes.of(table).columns.filter((column) => column in row && !kept.has(column));
  target.run(
    `UPDATE ${table} SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`,
    ...columns.map((column) => row[column]!),
    id,
  );
}

/**
 * Where equal results have two numerics classes, or one of them none, both databases are right. So
 * that the order of merging does not show, the known one is kept, of two the first by name.
 */
export function learnClass({ target }: Merging, table: WorkTable, ours: Row, theirs: Row): void {
  const [own, other] = [ours['numerics_class'] ?? null, theirs['numerics_class'] ?? null];
  if (other === null || own === other || (own !== null && String(own) < String(other))) return;
  target.run(`UPDATE ${table} SET numerics_class = ? WHERE id = ?`, other, Number(ours['id']));
}

/** Whether a failure comes before another one, so that of two databases always the same counts. */
export function isEarlierFailure(theirs: Row, ours: Row): boolean {
  const text = (row: Row): string =>
    JSON.stringify(['failed_under', 'error_class', 'error'].map((column): Bindable => row[column] ?? null));
  return text(theirs) < text(ours);
}
