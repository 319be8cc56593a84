import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CaseResult } from './case-result.js';
import { shareCases } from './formats.js';
import { sharedModels } from './onnx-cases.js';
import { fuzzTable } from './print-table.js';
import { runFuzz } from './run-fuzz.js';

/** `QUANTSWEEP_FUZZ_CASES=12000` runs the whole; `QUANTSWEEP_FUZZ_SEED` other cases than the usual ones. */
const total = Number(process.env['QUANTSWEEP_FUZZ_CASES'] ?? 1500);
const seed = Number(process.env['QUANTSWEEP_FUZZ_SEED'] ?? 1);
if (sharedModels.length === 0) console.log('The real models beside the repository are not here: the demo is mutated alone.');

/** Processes that read. */
const AT_ONCE = 2;

describe('malformed input', () => {
  it(`of ${total} cases is read, or refused with a clear error, soon and in bounded memory`, { timeout: 3_600_000 }, async () => {
    const results: CaseResult[] = [];
    const open = [...shareCases(total)];
    const work = async (): Promise<void> => {
      for (let next = open.shift(); next !== undefined; next = open.shift()) {
        results.push(...(await runFuzz(next.format.name, seed, 0, next.cases)));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const table = fuzzTable(results);
    console.log(table);
    const saved = process.env['QUANTSWEEP_FUZZ_TABLE'];
    if (saved !== undefined) writeFileSync(saved, `${table}\n`);
    expect(results.length).toBeGreaterThanOrEqual(total);
    expect(results.filter(({ outcome }) => outcome === 'failure')).toEqual([]);
  });
});
