import type { FrontierRecord } from '../../records/frontier-record.js';
import type { KeepRecord } from '../../records/keep-record.js';
import type { LayerRankRecord } from '../../records/rank-record.js';
import type { ObservationRecord } from '../../records/observation-record.js';
import type { ChannelHistograms } from '../../records/channel-histograms.js';
import type { ReferenceWarning } from '../../reference/reference-warning.js';
import type { ContentKey } from '../../plan/plan.js';
import type { Connection } from '../file/connection.js';
import { decodeHistograms } from '../payload/histogram-payload.js';
import { decodePayload } from '../payload/payload.js';
import type { StoredReference, StoredSearch } from '../store.js';

/** The statistics of the first `batches` of a finished observe stage, or null. */
export function readObservation(connection: Connection, key: ContentKey, batches: number): ObservationRecord | null {
  const row = connection.get(
    'SELECT o.id, o.result FROM observation o JOIN stage s ON s.id = o.stage_id WHERE s.key = ? AND o.batches = ?',
    key,
    batches,
  ) as { id: number; result: Uint8Array } | undefined;
  if (row === undefined) return null;
  const where = `observation of ${batches} batches of stage ${key}`;
  const observation = decodePayload(row.result, where) as ObservationRecord;
  const histograms = readHistograms(connection, row.id, where);
  // A record that was stored before there were histograms has no place for them.
  const inputs = observation.inputs.map((input) => ({ ...input, histograms: histograms.get(input.layer) ?? null }));
  return { ...observation, inputs };
}

/** By layer; empty where none were gathered, or not kept at this prefix. */
function readHistograms(
  connection: Connection,
  observation: number,
  where: string,
): ReadonlyMap<string, ChannelHistograms> {
  const rows = connection.all(
    'SELECT l.name, h.bins FROM histogram h JOIN layer l ON l.id = h.layer_id WHERE h.observation_id = ?',
    observation,
  ) as readonly { name: string; bins: Uint8Array }[];
  return new Map(rows.map(({ name, bins }) => [name, decodeHistograms(bins, `layer ${name} in the ${where}`)]));
}

/** What a finished reference stage was finished with, or null. */
export function readReference(connection: Connection, key: ContentKey): StoredReference | null {
  const result = readResult(connection, key, 'reference') as StoredReference | null;
  const warnings = readWarnings(connection, key);
  return result === null || warnings.length === 0 ? result : { ...result, warnings };
}

/**
 * What was found wrong with a finished reference stage; empty where nothing was, or it is older
 * than such findings.
 */
function readWarnings(connection: Connection, key: ContentKey): readonly ReferenceWarning[] {
  const rows = connection.all(
    `SELECT w.kind, w.voids, w.message, w.cause FROM reference_warning w JOIN stage s ON s.id = w.stage_id
     WHERE s.key = ? ORDER BY w.position`,
    key,
  ) as readonly (Omit<ReferenceWarning, 'voids'> & { readonly voids: 0 | 1 })[];
  return rows.map((row) => ({ ...row, voids: row.voids === 1 }));
}

/** What a finished search stage was finished with, or null. */
export function readSearch(connection: Connection, key: ContentKey): StoredSearch | null {
  return readResult(connection, key, 'search') as StoredSearch | null;
}

/** What a finished rank stage was finished with, or null. */
export function readRank(connection: Connection, key: ContentKey): readonly LayerRankRecord[] | null {
  return readResult(connection, key, 'rank') as readonly LayerRankRecord[] | null;
}

/** What a finished keep stage was finished with, or null. */
export function readKeep(connection: Connection, key: ContentKey): KeepRecord | null {
  return readResult(connection, key, 'keep') as KeepRecord | null;
}

/** What a finished keep stage of a goal with bits was finished with, or null. */
export function readFrontier(connection: Connection, key: ContentKey): FrontierRecord | null {
  return readResult(connection, key, 'keep') as FrontierRecord | null;
}

function readResult(connection: Connection, key: ContentKey, kind: 'reference' | 'search' | 'rank' | 'keep'): unknown {
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
