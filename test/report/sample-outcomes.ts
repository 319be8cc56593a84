import { openDatabase } from '../../src/store/file/open-database.js';
import { summarizeAllTrials } from '../store/summarize-all-trials.js';

/**
 * Gives each finished trial of a sample database what it achieved sample by sample, as its value
 * says: a bit set for top1, replicates for mAP. Samples that are hard for one trial are mostly hard
 * for another.
 */
export function addOutcomes(path: string): void {
  const tables = openDatabase(path);
  const trials = tables
    .prepare(
      `SELECT t.id, t.primary_metric AS metric, t.evaluation_samples AS count, a.value FROM trial t
       JOIN accuracy a ON a.trial_id = t.id AND a.metric = t.primary_metric WHERE t.status = 'done'`,
    )
    .all() as { id: number; metric: string; count: number; value: number }[];
  const insert = tables.prepare(
    'INSERT INTO sample_outcome (trial_id, metric, kind, count, data) VALUES (?, ?, ?, ?, ?)',
  );
  tables.transaction(() => {
    for (const { id, metric, count, value } of trials) {
      if (metric === 'mAP') insert.run(id, metric, 'bootstrap', 400, replicates(id, value));
      else insert.run(id, metric, 'bitset', count, rightSamples(id, count, value));
    }
  })();
  tables.close();
}

/**
 * Puts the finished trials of one sample sweep on the model and the evaluation of another: both
 * have 12 layers.
 */
export function judgeAlike(path: string, [from, to]: readonly [number, number]): void {
  const [low, base] = [1000 * (from + 1), 1000 * (to + 1)];
  const own = `BETWEEN ${low} AND ${low + 999}`;
  const tables = openDatabase(path);
  tables.exec(`
    UPDATE trial SET model_id = ${base}, fp32_key = (SELECT fp32_key FROM trial WHERE id = ${base}) WHERE id ${own};
    UPDATE layer_loss SET layer_id = layer_id + ${base - low} WHERE trial_id ${own};
    UPDATE quantizer SET layer_id = layer_id + ${base - low} WHERE trial_id ${own};
    UPDATE smoothing SET layer_id = layer_id + ${base - low} WHERE trial_id ${own};`);
  summarizeAllTrials(tables);
  tables.close();
}

function rightSamples(id: number, count: number, value: number): Buffer {
  const difficulties = Float64Array.from(
    { length: count },
    (_, sample) => ((sample * 0.618_033_988_7) % 1) + 0.01 * Math.sin(sample * (1 + (id % 97) / 7)),
  );
  const right = Math.round(value * count);
  const threshold = right < count ? difficulties.toSorted()[right]! : Infinity;
  const bits = Buffer.alloc(Math.ceil(count / 8));
  difficulties.forEach((difficulty, sample) => {
    if (difficulty < threshold) bits[sample >> 3] = (bits[sample >> 3] ?? 0) | (1 << (sample & 7));
  });
  return bits;
}

function replicates(id: number, value: number): Buffer {
  const values = Float64Array.from(
    { length: 400 },
    (_, index) => value + 0.01 * Math.sin(index) + 0.002 * Math.sin(index * (1 + (id % 13))),
  );
  return Buffer.from(values.buffer);
}
