import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { TaskSurroundings } from '../task.js';
import type { CommandTask } from './command-settings.js';
import { namedPredictions, unknownPrediction } from './placeholders.js';
import { predictionsSize, sizeText } from './predictions-size.js';

/**
 * What the outputs take on disk while a command is scored.
 *
 * @throws MetricError where a word of the command names an output that is not evaluated
 */
export function inspectCommand(
  { command }: CommandTask,
  { outputs, sampleCount }: TaskSurroundings,
): readonly string[] {
  const names = outputs.map(({ name }) => name);
  const unknown = namedPredictions(command).find((name) => !names.includes(name));
  if (unknown !== undefined) throw unknownPrediction(unknown, names);
  const { bytes, isLeast } = predictionsSize(outputs, sampleCount);
  const { bavail, bsize } = statfsSync(tmpdir());
  const room = bavail * bsize;
  const size = `${isLeast ? 'at least ' : ''}${sizeText(bytes)}`;
  const files = outputs.length === 1 ? 'a .npy file' : `${outputs.length} .npy files`;
  const note = `Predictions: ${size} in ${sampleCount.toLocaleString('en-US')} samples, ${files} for each worker at a time; ${tmpdir()} has ${sizeText(room)} left.`;
  return [bytes > room ? `${note} Warning: that is too little; set TMPDIR to a larger disk.` : note];
}
