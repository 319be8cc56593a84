import { reportConflict, type Merging } from './merging.js';
import { insertRow } from './owned-rows.js';
import type { Row } from './table-shape.js';

/** Takes which stage is the reference of which FP32 trials. */
export function mergeReferences({ source, sourceShapes, target, ids }: Merging): void {
  for (const stored of source.all('SELECT * FROM fp32_reference ORDER BY fp32_key') as readonly Row[]) {
    const row = ids.translated(stored, sourceShapes.of('fp32_reference'));
    target.run(
      'INSERT INTO fp32_reference (fp32_key, stage_id) VALUES (?, ?) ON CONFLICT DO NOTHING',
      row['fp32_key']!,
      row['stage_id']!,
    );
  }
}

/**
 * Takes sweeps, the one that ran last at the end, with their members. A sweep is known by its
 * name; two of one name have to be of the same trials.
 */
export function mergeSweeps(merging: Merging): void {
  for (const row of merging.source.all('SELECT * FROM sweep ORDER BY last_run, id') as readonly Row[]) {
    const known = merging.target.get('SELECT * FROM sweep WHERE name = ?', row['name']!) as Row | undefined;
    const id = known === undefined ? insertSweep(merging, row) : Number(known['id']);
    merging.ids.set('sweep', Number(row['id']), id);
    if (known !== undefined && known['key'] !== row['key']) {
      reportConflict(merging, nameOf(row), `sweep "${String(row['name'])}"`, [otherPlan(known, row)]);
      continue;
    }
    if (known !== undefined) widenTimes(merging, id, row);
    for (const table of ['sweep_stage', 'sweep_trial'] as const) takeMembers(merging, table, Number(row['id']));
  }
}

function otherPlan(ours: Row, theirs: Row): { readonly column: string; readonly detail: string } {
  const [own, other] = [ours, theirs].map((row) => String(row['key']).slice(0, 12));
  return {
    column: 'sweep.key',
    detail: `${own}, ${other}: its trials are others. The experiments differ, or the model, the data, the provider or the version of onnxruntime do. Give one of them another name: in its file, or merge into another database`,
  };
}

function insertSweep(merging: Merging, row: Row): number {
  const { target, origins, from, counts } = merging;
  origins.set(nameOf(row), from);
  counts.sweeps += 1;
  const { run, attempt } = target.get(
    'SELECT (SELECT coalesce(max(last_run), 0) + 1 FROM sweep) AS run, (SELECT coalesce(max(id), 0) + 1 FROM attempt) AS attempt',
  ) as { readonly run: number; readonly attempt: number };
  // No attempt is of the last run: none runs here.
  const counters = { last_run: run, first_attempt: firstAttempt(merging, row) ?? attempt, run_attempt: attempt };
  return insertRow(merging, 'sweep', { ...row, ...counters });
}

/** The first of the sweep's attempts that came along; null where none did. */
function firstAttempt({ source, ids }: Merging, row: Row): number | null {
  const own = source.all('SELECT id FROM attempt WHERE id >= ? ORDER BY id', row['first_attempt']!) as readonly Row[];
  const taken = own.map(({ id }) => ids.get('attempt', Number(id))).filter((id) => id !== null);
  return taken.length === 0 ? null : Math.min(...taken);
}

/** A sweep of several databases began with the first of them. */
function widenTimes({ target }: Merging, id: number, row: Row): void {
  target.run(
    'UPDATE sweep SET created_at = min(created_at, ?), updated_at = max(updated_at, ?) WHERE id = ?',
    row['created_at']!,
    row['updated_at']!,
    id,
  );
}

function takeMembers({ source, sourceShapes, target, ids }: Merging, table: string, sweep: number): void {
  const shape = sourceShapes.of(table);
  for (const stored of source.all(`SELECT * FROM ${table} WHERE sweep_id = ?`, sweep) as readonly Row[]) {
    const row = ids.translated(stored, shape);
    const columns = Object.keys(row);
    target.run(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`,
      ...columns.map((column) => row[column]!),
    );
  }
}

function nameOf(row: Row): string {
  return `sweep ${String(row['name'])}`;
}
