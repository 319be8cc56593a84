import type { LayerRankRecord, ObservationRecord } from '../evaluate/results.js';
import type { ContentKey } from '../plan/plan.js';
import type { Connection } from './connection.js';
import { decodePayload } from './payload.js';
import type { StoredReference, StoredSearch } from './store.js';

/** The statistics of the first `batches` of a finished observe stage, or null. */
export function readObservation(connection: Connection, key: ContentKey, batches: number): ObservationRecord | null {
  const row = connection.get(
    'SELECT o.result FROM observation o JOIN stage s ON s.id = o.stage_id WHERE s.key = ? AND o.batches = ?',
    key,
    batches,
  ) as { result: Uint8Array } | undefined;
  if (row === undefined) return null;
  return decodePayload(row.result, `observation of ${batches} batches of stage ${key}`) as ObservationRecord;
}

/** What a finished reference stage was finished with, or null. */
export function readReference(connection: Connection, key: ContentKey): StoredReference | null {
  return readResult(connection, key, 'reference') as StoredReference | null;
}

/** What a finished search stage was finished with, or null. */
export function readSearch(connection: Connection, key: ContentKey): StoredSearch | null {
  return readResult(connection, key, 'search') as StoredSearch | null;
}

/** What a finished rank stage was finished with, or null. */
export function readRank(connection: Connection, key: ContentKey): readonly LayerRankRecord[] | null {
  return readResult(connection, key, 'rank') as readonly LayerRankRecord[] | null;
}

function readResult(connection: Connection, key: ContentKey, kind: 'reference' | 'search' | 'rank'): unknown {
  const row = connection.get(`SELECT result FROM stage WHERE key = ? AND kind = ? AND status = 'done'`, key, kind) as
    { result: Uint8Array } | undefined;
  return row === undefined ? null : decodePayload(row.result, `${kind} stage ${key}`);
}

/** Payloads by part of a stage that is not finished yet. */
export function readParts(connection: Connection, key: ContentKey): ReadonlyMap<string, unknown> {
  const rows = connection.all(
    'SELECT p.part, p.payload FROM stage_part p JOIN stage s ON s.id = p.stage_id WHERE s.key = ? ORDER BY p.part',
    key,
  ) as readonly { part: string; payload: Uint8Array }[];
  return new Map(rows.map(({ part, payload }) => [part, decodePayload(payload, `part "${part}" of stage ${key}`)]));
}
