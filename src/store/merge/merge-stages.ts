import { compareWork, isEarlierFailure, isFinished, learnClass, progressOf, updateWork } from './finished-work.js';
import { ofStage, stageParts } from './merged-tables.js';
import { reportConflict, type Merging } from './merging.js';
import { compareOwned, copyMissing, copyOwned, insertRow, removeOwned, type Pair } from './owned-rows.js';
import type { Row } from './table-shape.js';

/** Takes stages with their results, and finished parts of those that no database has finished. */
export function mergeStages(merging: Merging): void {
  const { source, sourceShapes, ids } = merging;
  for (const stored of source.all('SELECT * FROM stage ORDER BY id') as readonly Row[]) {
    const row = ids.translated(stored, sourceShapes.of('stage'));
    const known = merging.target.get('SELECT * FROM stage WHERE key = ?', row['key']!) as Row | undefined;
    const target = known === undefined ? insertRow(merging, 'stage', row) : Number(known['id']);
    const pair = { source: Number(row['id']), target };
    ids.set('stage', pair.source, target);
    if (known === undefined) takeStage(merging, row, pair);
    else mergeStage(merging, known, row, pair);
  }
}

function takeStage(merging: Merging, row: Row, pair: Pair): void {
  const { counts, origins, from } = merging;
  origins.set(nameOf(row), from);
  counts[isFinished(row) ? 'stages' : 'unfinished'] += 1;
  copyOwned(merging, ofStage, pair);
  if (!isFinished(row)) counts.parts += copyMissing(merging, stageParts, pair);
}

function mergeStage(merging: Merging, ours: Row, theirs: Row, pair: Pair): void {
  const { counts, origins, from } = merging;
  if (isFinished(ours)) {
    if (!isFinished(theirs)) return;
    const differences = [...compareWork(merging, 'stage', ours, theirs), ...compareOwned(merging, ofStage, pair)];
    reportConflict(merging, nameOf(ours), describe(ours), differences);
    learnClass(merging, 'stage', ours, theirs);
    return;
  }
  if (isFinished(theirs)) {
    origins.set(nameOf(ours), from);
    counts.stages += 1;
    updateWork(merging, 'stage', pair.target, theirs);
    removeOwned(merging, [stageParts], pair.target);
    copyOwned(merging, ofStage, pair);
    return;
  }
  const [own, other] = [progressOf(ours), progressOf(theirs)];
  if (other > own || (other === own && isEarlierFailure(theirs, ours))) {
    counts.unfinished += 1;
    updateWork(merging, 'stage', pair.target, theirs);
  }
  const differences = compareOwned(merging, [stageParts], pair, true);
  reportConflict(merging, nameOf(ours), `a part of ${describe(ours)}`, differences);
  counts.parts += copyMissing(merging, stageParts, pair);
}

function nameOf(row: Row): string {
  return `stage ${String(row['key'])}`;
}

function describe(row: Row): string {
  return `the ${String(row['kind'])} stage (key ${String(row['key']).slice(0, 12)})`;
}
