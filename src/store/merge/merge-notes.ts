import type { Merging } from './merging.js';
import type { Row } from './table-shape.js';

/**
 * Takes notes and tags, each once, with the time at which it was written first. Trials and sweeps
 * are in the target already.
 */
export function mergeNotes({ source, sourceShapes, target, ids, counts }: Merging): void {
  const shape = sourceShapes.of('note');
  for (const stored of source.all('SELECT * FROM note ORDER BY id') as readonly Row[]) {
    const row = ids.translated(stored, shape);
    const { trial_id: trial = null, sweep_id: sweep = null, kind = '', text = '', written_at: at = '' } = row;
    // Behind a conflict, which undoes all of this.
    if (trial === null && sweep === null) continue;
    const same = 'trial_id IS ? AND sweep_id IS ? AND kind = ? AND text = ?';
    const known = target.get(`SELECT id FROM note WHERE ${same}`, trial, sweep, kind, text) as Row | undefined;
    if (known !== undefined) {
      target.run('UPDATE note SET written_at = min(written_at, ?) WHERE id = ?', at, known['id']!);
      continue;
    }
    target.run(
      'INSERT INTO note (trial_id, sweep_id, kind, text, written_at) VALUES (?, ?, ?, ?, ?)',
      ...[trial, sweep, kind, text, at],
    );
    counts.notes += 1;
  }
}
