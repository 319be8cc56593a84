import { describe, expect, it, onTestFinished } from 'vitest';
import { readFloatParts } from '../../../src/report/facts/trial-costs.js';
import { openDatabase } from '../../../src/store/file/open-database.js';
import { summarizeAllTrials } from '../../store/summarize-all-trials.js';
import { sampleDatabase } from '../sample-database.js';

describe('what stays in float', () => {
  it('tells layers that are faster so, with their share of the weights', () => {
    const database = sampleDatabase({ name: 'a' });
    onTestFinished(() => {
      database.remove();
    });
    const file = openDatabase(database.path);
    // Trial 1003 leaves its first two layers in float, the first as it is faster; 1004 none.
    file.exec(`INSERT INTO stage (id, key, kind, status, settings) VALUES (90, 'k', 'keep', 'done', '{}'), (91, 'l', 'keep', 'done', '{}');
      UPDATE trial SET keep_stage_id = 90 WHERE id = 1003;
      UPDATE trial SET keep_stage_id = 91 WHERE id = 1004;
      INSERT INTO keep_try (stage_id, position, keep, layers, metric, value, loss, chosen, against_all, against_all_low, against_all_high)
        SELECT 90, 0, 1, json_array(name), 'latencyRatio', 0.5, -0.1, 1, 0.9, 0.88, 0.92 FROM layer ORDER BY id LIMIT 1;
      INSERT INTO keep_try (stage_id, position, keep, layers, metric, value, loss, chosen)
        VALUES (90, 1, 0, '[]', 'latencyRatio', 0.6, 0, 0), (91, 0, 0, '[]', 'latencyRatio', 0.6, 0, 1);
      DELETE FROM quantizer WHERE trial_id = 1003 AND layer_id IN (SELECT id FROM layer ORDER BY id LIMIT 2);`);
    summarizeAllTrials(file);
    file.close();
    const parts = readFloatParts(database.query, 'a');
    const found = parts.get(1003)!;
    expect(found).toMatchObject({
      layers: 2,
      faster: { layers: 1, againstAll: { ratio: 0.9, low: 0.88, high: 0.92 } },
    });
    expect(found.faster!.weightShare).toBeGreaterThan(0);
    expect(found.faster!.weightShare).toBeLessThan(found.weightShare);
    expect(parts.get(1004)).toEqual({ layers: 0, weightShare: 0, faster: null });
  });
});
