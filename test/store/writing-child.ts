/**
 * Run as a child by open-database.test.ts: `write` until it is killed, or open a `store`, or
 * `read`.
 */
import { openReadOnly } from '../../src/store/file/open-read-only.js';
import { openStore } from '../../src/store/write/sqlite-store.js';
import { StoreError } from '../../src/store/store-error.js';
import * as sample from './sample-sweep.js';

const [mode, path] = process.argv.slice(2) as [string, string];

try {
  if (mode === 'read') {
    const database = openReadOnly(path);
    const tables = Number(database.prepare(`SELECT count(*) FROM sqlite_schema WHERE type = 'table'`).pluck().get());
    console.log(tables >= 20 ? 'tables: 20+' : `tables: ${tables}`);
  } else {
    const store = openStore(path);
    if (mode === 'write') writeForever(store);
  }
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}

function writeForever(store: ReturnType<typeof openStore>): void {
  const trials = Array.from({ length: 20_000 }, (_, index) => ({
    ...sample.trials.static,
    key: `trial-${index}`,
    position: index,
  }));
  store.beginSweep(sample.experiment, { ...sample.plan, trials }, [sample.model], sample.machine);
  store.finishObserve('observe', sample.model.sha256, [sample.observation(200)]);
  process.stdout.write('writing\n');
  for (const trial of trials) sample.finish(store, trial, sample.quantizedRecord([1, 2], 0.1, 0.5));
}
