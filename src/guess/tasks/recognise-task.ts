import { recogniseDetector } from './detectors.js';
import { recogniseMap } from './maps.js';
import { recogniseSequence } from './sequences.js';
import type { Recogniser, Seen, TaskGuess } from './task-guess.js';
import { recogniseVector } from './vectors.js';
import { recogniseYolo } from './yolo.js';

/**
 * The first that knows the outputs wins: what is told by names and metadata before shapes alone.
 */
const recognisers: readonly Recogniser[] = [
  recogniseDetector,
  recogniseSequence,
  recogniseYolo,
  recogniseVector,
  recogniseMap,
];

/** What a model's outputs look like; a guess without a task where no recogniser knows them. */
export function recogniseTask(seen: Seen): TaskGuess {
  for (const recognise of recognisers) {
    const guess = recognise(seen);
    if (guess !== null) return guess;
  }
  const shapes = seen.outputs.map(({ name, dims }) => `${name} [${dims.map((length) => length ?? '?').join(', ')}]`);
  return {
    ...{ looksLike: 'no output that is known', because: shapes.join(', '), family: 'none', task: null, outputs: null },
    missing: ['docs/TASKS.md lists the tasks, and the outputs that each reads.'],
  };
}
