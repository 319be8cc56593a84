import type { Connection } from '../file/connection.js';
import type { StoredBest } from '../store.js';

/** The best complete setting of a sweep as `v_place` has it; null before there is one. */
export function readBest(connection: Connection, sweep: string): StoredBest | null {
  const row = connection.get('SELECT label, role, metric, value FROM v_place WHERE sweep = ? AND place = 1', sweep);
  return (row as StoredBest | undefined) ?? null;
}

/** The best trial by FP32 key, with the number of settings of the sweep that it was chosen from. */
export function readBestByEvaluation(
  connection: Connection,
  sweep: string,
): ReadonlyMap<string, { trial: number; chosenFrom: number }> {
  const rows = connection.all(
    'SELECT evaluation, trial, chosen_from AS chosenFrom FROM v_place WHERE sweep = ? AND evaluation_place = 1',
    sweep,
  ) as readonly { evaluation: string; trial: number; chosenFrom: number }[];
  return new Map(rows.map(({ evaluation, ...best }) => [evaluation, best]));
}
