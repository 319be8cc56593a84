import { settingColumns, storedSetting } from '../schema/setting-columns.js';
import { compareWork, isEarlierFailure, isFinished, learnClass, progressOf, updateWork } from './finished-work.js';
import { latencyOfTrial, ofCompleteTrial, ofStoppedTrial, ofTrial } from './merged-tables.js';
import { reportConflict, type Merging } from './merging.js';
import { compareOwned, copyMissing, copyOwned, insertRow, removeOwned, type Pair } from './owned-rows.js';
import type { Row } from './table-shape.js';

const ofAnyTrial = [...ofTrial, ...ofCompleteTrial, ...ofStoppedTrial];

interface Found {
  readonly pair: Pair;
  /** As the target had it before; null where it had none. */
  readonly ours: Row | null;
  readonly theirs: Row;
}

/** Takes trials with their results. Their stages are in the target already. */
export function mergeTrials(merging: Merging): void {
  // Every trial has its row before any result is taken: a trial that was stopped names another.
  const found = findTrials(merging);
  for (const { pair, ours, theirs } of found) {
    if (ours === null) takeTrial(merging, theirs, pair);
    else mergeTrial(merging, ours, theirs, pair);
  }
  for (const { pair } of found) merging.counts.latencies += copyMissing(merging, latencyOfTrial, pair);
}

function findTrials(merging: Merging): readonly Found[] {
  const { source, sourceShapes, target, ids } = merging;
  const lacking = settingColumns.filter(({ name }) => !sourceShapes.of('trial').columns.includes(name));
  return (source.all('SELECT * FROM trial ORDER BY id') as readonly Row[]).map((stored) => {
    // A program with fewer settings wrote it.
    const settings = lacking.map((column) => [column.name, storedSetting(column, String(stored['settings']))]);
    const own = ids.translated(stored, sourceShapes.of('trial'));
    const theirs: Row = { ...own, ...(Object.fromEntries(settings) as Row) };
    const ours = (target.get('SELECT * FROM trial WHERE key = ?', theirs['key']!) as Row | undefined) ?? null;
    const id = ours === null ? insertRow(merging, 'trial', theirs) : Number(ours['id']);
    ids.set('trial', Number(theirs['id']), id);
    return { pair: { source: Number(theirs['id']), target: id }, ours, theirs };
  });
}

function takeTrial(merging: Merging, row: Row, pair: Pair): void {
  const { counts, origins, from } = merging;
  origins.set(nameOf(row), from);
  counts[isFinished(row) ? 'trials' : 'unfinished'] += 1;
  copyOwned(merging, ofAnyTrial, pair);
}

function mergeTrial(merging: Merging, ours: Row, theirs: Row, pair: Pair): void {
  const [own, other] = [progressOf(ours), progressOf(theirs)];
  if (isFinished(ours) && isFinished(theirs)) {
    const tables = own === other && ours['status'] === 'done' ? [...ofTrial, ...ofCompleteTrial] : ofTrial;
    const differences = [...compareWork(merging, 'trial', ours, theirs), ...compareOwned(merging, tables, pair)];
    reportConflict(merging, nameOf(ours), describe(merging, theirs, pair), differences);
  }
  if (other > own || (other === own && counts(merging, ours, theirs, pair))) {
    replaceTrial(merging, theirs, pair);
  } else if (isFinished(ours) && isFinished(theirs)) {
    learnClass(merging, 'trial', ours, theirs);
  }
}

/** Whether of two failures, or of two early stops, that of the merged database counts. */
function counts(merging: Merging, ours: Row, theirs: Row, pair: Pair): boolean {
  if (theirs['status'] === 'failed') return isEarlierFailure(theirs, ours);
  return theirs['status'] === 'stopped' && sawMore(merging, pair);
}

/**
 * Each was held against the best that its shard had by then. Both are right: the one that saw more
 * samples counts, among equal ones always the same.
 */
function sawMore(merging: Merging, { source, target }: Pair): boolean {
  const sql = `SELECT e.evaluated_samples AS seen, t.key AS other, e.p_value AS p
    FROM early_stop e JOIN trial t ON t.id = e.against_trial_id WHERE e.trial_id = ?`;
  const [ours] = merging.target.all(sql, target) as readonly Row[];
  const [theirs] = merging.source.all(sql, source) as readonly Row[];
  if (ours === undefined || theirs === undefined) return false;
  const [less, more] = [Number(ours['seen']), Number(theirs['seen'])];
  const order = (row: Row): string => JSON.stringify([row['other'], row['p']]);
  return more > less || (more === less && order(theirs) < order(ours));
}

function replaceTrial(merging: Merging, row: Row, pair: Pair): void {
  merging.origins.set(nameOf(row), merging.from);
  merging.counts[isFinished(row) ? 'trials' : 'unfinished'] += 1;
  removeOwned(merging, ofAnyTrial, pair.target);
  updateWork(merging, 'trial', pair.target, row);
  copyOwned(merging, ofAnyTrial, pair);
}

function nameOf(row: Row): string {
  return `trial ${String(row['key'])}`;
}

/** By its label, where a sweep gives it one. */
function describe({ source, target }: Merging, row: Row, pair: Pair): string {
  const sql = 'SELECT label FROM sweep_trial WHERE trial_id = ? ORDER BY sweep_id DESC LIMIT 1';
  const [labelled] = [...source.all(sql, pair.source), ...target.all(sql, pair.target)] as readonly Row[];
  const label = String(labelled?.['label'] ?? row['role']);
  return `trial "${label}" (key ${String(row['key']).slice(0, 12)})`;
}
