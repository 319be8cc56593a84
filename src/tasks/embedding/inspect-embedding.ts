import type { TaskSurroundings } from '../task.js';
import { readPairs } from './embedding.js';
import type { EmbeddingTask } from './embedding-settings.js';
import { foldsOf } from './verification.js';

/**
 * Reads the pairs and holds them against the samples.
 *
 * @returns how many there are, folds of one kind alone, and rates that so few pairs can't tell
 * @throws MetricError or DatasetError
 */
export function inspectEmbedding(task: EmbeddingTask, surroundings: TaskSurroundings): readonly string[] {
  const { same, unused } = readPairs(task, surroundings);
  const genuine = same.reduce((sum, each) => sum + each, 0);
  const others = same.length - genuine;
  const left = unused === 0 ? '' : `; ${unused} further pairs name samples that are not evaluated`;
  const foldOf = foldsOf(same.length, task.folds);
  const kinds = Array.from(
    { length: task.folds },
    (_, fold) => new Set(same.filter((_each, pair) => foldOf[pair] === fold)),
  );
  const uniform = kinds.filter((kind) => kind.size < 2).length;
  const unmeasurable = task.far.filter((far) => far * others + 1e-9 < 1);
  return [
    `embedding: ${same.length} pairs of ${task.truth}, ${genuine} same and ${others} others, in ${task.folds} folds${left}`,
    ...(uniform === 0
      ? []
      : [
          `embedding: ${uniform} of ${task.folds} folds have pairs of one kind alone, as the list is sorted by it: their accuracy says little. Mix the pairs, half of each kind in each fold.`,
        ]),
    ...(unmeasurable.length === 0
      ? []
      : [
          `embedding: a false accept rate of ${unmeasurable.join(', ')} can't be measured with ${others} pairs that are not the same, and is left out`,
        ]),
  ];
}
