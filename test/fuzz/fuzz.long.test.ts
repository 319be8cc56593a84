import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shareCases } from './formats.js';
import { fuzzTable } from './print-table.js';
import { runFuzz } from './run-fuzz.js';

/**
 * `QUANTSWEEP_FUZZ_CASES=12000` runs the whole; `QUANTSWEEP_FUZZ_SEED` other cases than the usual
 * ones.
 */
const total = Number(process.env['QUANTSWEEP_FUZZ_CASES'] ?? 400);
const seed = Number(process.env['QUANTSWEEP_FUZZ_SEED'] ?? 1);
/** Processes that read. */
const AT_ONCE = 2;

describe('malformed input', () => {
  it(
    `of ${total} cases is read, or refused with a clear error, soon and in bounded memory`,
    { timeout: 3_600_000 },
    async () => {
      const parts = await Promise.all(shareCases(total, AT_ONCE).map((spans) => runFuzz(seed, spans)));
      const results = parts.flat();
      const table = fuzzTable(results);
      // The whole is run for its table; a failure shows it either way.
      if (process.env['QUANTSWEEP_FUZZ_CASES'] !== undefined) console.log(table);
      const saved = process.env['QUANTSWEEP_FUZZ_RESULTS'];
      if (saved !== undefined) writeFileSync(saved, JSON.stringify(results, null, 1));
      expect(results.length, table).toBeGreaterThanOrEqual(total);
      expect(
        results.filter(({ outcome }) => outcome === 'failure'),
        table,
      ).toEqual([]);
    },
  );
});
