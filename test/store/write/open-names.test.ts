import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/store/file/open-database.js';
import { openStore } from '../../../src/store/write/sqlite-store.js';
import { fill, temporaryDatabase } from '../sample-sweep.js';

describe('the tables', () => {
  it('hold smoothing modes and calibrators of any name, which are those of the registries', () => {
    const path = temporaryDatabase();
    const store = openStore(path);
    fill(store);
    store.close();
    const database = openDatabase(path);
    database.exec("UPDATE trial SET alpha_mode = 'later' WHERE role = 'candidate'");
    database.exec(
      "INSERT INTO amax_snapshot SELECT observation_id, layer_id, 'later', amax FROM amax_snapshot WHERE calibrator = 'max'",
    );
    const count = (sql: string): unknown => database.prepare(sql).pluck().get();
    expect(count("SELECT count(*) > 0 FROM v_trial WHERE alpha_mode = 'later'")).toBe(1);
    expect(count("SELECT count(*) > 0 FROM v_calibrated_amax WHERE calibrator = 'later'")).toBe(1);
    database.close();
  });
});
