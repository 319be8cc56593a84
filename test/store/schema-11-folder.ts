import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import type { AnswerDigests } from './view-digests.js';

const fixtures = fileURLToPath(new URL('fixtures/schema-11/', import.meta.url));

/** Where it is recorded what the database answers. */
export const answersFile = join(fixtures, 'answers.json');

/**
 * What the database answered when it was left: all but of the last runs of its sweeps, and of those
 * the rows themselves.
 */
export interface RecordedAnswers {
  readonly answers: AnswerDigests;
  readonly lastRuns: readonly (readonly unknown[])[];
}

/**
 * A folder of its own with the experiments, their model and data, and `quantsweep.db` as that
 * version left it.
 */
export function schema11Folder(): { readonly folder: string; readonly database: string } {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-schema-11-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  cpSync(fixtures, folder, { recursive: true });
  const database = join(folder, 'quantsweep.db');
  writeFileSync(database, gunzipSync(readFileSync(join(fixtures, 'sweeps.db.gz'))));
  return { folder, database };
}

export function recordedAnswers(): RecordedAnswers {
  return JSON.parse(readFileSync(answersFile, 'utf8')) as RecordedAnswers;
}
