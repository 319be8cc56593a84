import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep } from '../cli/command-line.js';
import { writeRecipe } from './recipes.js';

/** What a recipe left in its database. */
export interface SweptRecipe {
  readonly folder: string;
  /** Metrics of the whole evaluation data by trial label. */
  readonly metrics: ReadonlyMap<string, Readonly<Record<string, number>>>;
  readonly trials: readonly SweptTrial[];
}

export interface SweptTrial {
  readonly label: string;
  readonly role: string;
  readonly alpha: number | null;
  readonly activationBits: number;
  /** Of the primary metric. */
  readonly value: number;
}

/** Runs a recipe of docs/MODELS.md to its end: every trial is done. */
export async function sweepRecipe(name: string, ...options: readonly string[]): Promise<SweptRecipe> {
  const { folder, file } = writeRecipe(name);
  const { code, stderr } = await quantsweep(folder, 'run', file, ...options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const rows = (sql: string) => queryDatabase(join(folder, 'quantsweep.db'), sql).rows;
  expect(rows(`SELECT DISTINCT status FROM v_trial`)).toEqual([['done']]);
  const metrics = new Map<string, Record<string, number>>();
  for (const [label, metric, value] of rows(
    `SELECT t.label, a.metric, a.value FROM v_trial t JOIN accuracy a ON a.trial_id = t.trial WHERE a.slice = ''`,
  ) as readonly (readonly [string, string, number])[]) {
    metrics.set(label, { ...metrics.get(label), [metric]: value });
  }
  const trials = rows('SELECT label, role, alpha, activation_bits, value FROM v_trial').map(
    ([label, role, alpha, activationBits, value]) =>
      ({ label, role, alpha, activationBits, value }) as unknown as SweptTrial,
  );
  return { folder, metrics, trials };
}

/** What the script that made a model of the zoo computed, without quantsweep. */
export function figuresOf(kind: string): unknown {
  const path = fileURLToPath(new URL(`../../experiments/zoo/${kind}/figures.json`, import.meta.url));
  return JSON.parse(readFileSync(path, 'utf8')) as unknown;
}
