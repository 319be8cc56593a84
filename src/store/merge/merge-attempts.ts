import type { Bindable } from '../bindable.js';
import type { Merging } from './merging.js';
import { insertRow } from './owned-rows.js';
import type { Row } from './table-shape.js';

/** What tells attempts at the same work apart, in whichever database they are. */
const telling = ['part', 'number', 'started_at', 'host', 'parent_pid', 'device'] as const;

/**
 * Takes the attempts that the target lacks, in their order. Those that run, or were left running,
 * come along when it is known how they ended.
 */
export function mergeAttempts(merging: Merging): void {
  const { source, sourceShapes, ids, counts } = merging;
  const known = new Map<string, Set<string>>();
  const rows = source.all(`SELECT * FROM attempt WHERE status <> 'running' ORDER BY id`) as readonly Row[];
  for (const stored of rows) {
    const row = ids.translated(stored, sourceShapes.of('attempt'));
    const there = knownAttempts(merging, row, known);
    if (there.has(nameOf(row))) continue;
    there.add(nameOf(row));
    ids.set('attempt', Number(row['id']), insertRow(merging, 'attempt', row));
    counts.attempts += 1;
  }
}

/** Names of the target's attempts at the same work; asked for once a piece of work. */
function knownAttempts({ target }: Merging, row: Row, known: Map<string, Set<string>>): Set<string> {
  const [column, work] =
    row['trial_id'] === null ? (['stage_id', row['stage_id']!] as const) : (['trial_id', row['trial_id']!] as const);
  const name = `${column} ${String(work)}`;
  let names = known.get(name);
  if (names === undefined) {
    const rows = target.all(`SELECT * FROM attempt WHERE ${column} = ?`, work) as readonly Row[];
    known.set(name, (names = new Set(rows.map(nameOf))));
  }
  return names;
}

function nameOf(row: Row): string {
  return JSON.stringify(telling.map((column): Bindable => row[column] ?? null));
}
