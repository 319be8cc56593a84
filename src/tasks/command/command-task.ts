import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { hashFile } from '../../formats/hash-source.js';
import { overOutputs } from '../first-output.js';
import { anyOutputMisfit } from '../output-shape.js';
import { relativeSquaredError } from '../relative-squared-error.js';
import { ofEachShape } from '../shape-misfits.js';
import { defineTask } from '../task.js';
import { createCommandMetric } from './command-metric.js';
import { commandSettings, type CommandTask } from './command-settings.js';
import { inspectCommand } from './inspect-command.js';
import { finishedResult, mergePredictionStates } from './prediction-state.js';

export const commandTask = defineTask({
  description: 'A metric by an external command. Runs with --allow-code only.',
  metrics: {},
  settings: commandSettings,
  outputs: 'several',
  readsIntegers: false,
  needs: null,
  needsReference: false,
  countsSamples: false,
  judgedAs: null,
  locate: ({ command, metric, higherIsBetter, timeoutSeconds }, folder): CommandTask => ({
    ...{ command, metric, higherIsBetter, timeoutSeconds, folder },
  }),
  code: (task) => ({ what: `metric command ${task.command.join(' ')}`, sha256: () => hashCommand(task) }),
  paths: ['folder'],
  namedFiles,
  // How long it may take changes no result.
  keyed: ({ metric, higherIsBetter }, sha256) => ({ sha256, metric, higherIsBetter }),
  divergence: overOutputs(relativeSquaredError),
  misfit: ofEachShape(anyOutputMisfit),
  labelMisfit: () => null,
  inspect: inspectCommand,
  isChoosy: true,
  isWhole: true,
  open: createCommandMetric,
  merge: mergePredictionStates,
  finish: (_, __, state) => finishedResult(state),
});

/**
 * Of its words, where each that names a file, as seen from the experiment's folder, counts by its
 * bytes.
 */
async function hashCommand({ command, folder }: CommandTask): Promise<string> {
  const words = await Promise.all(
    command.map(async (word) => {
      const path = fileOf(word, folder);
      return path === null ? { word } : { file: await hashFile(path) };
    }),
  );
  return createHash('sha256').update(JSON.stringify(words)).digest('hex');
}

function namedFiles({ command, folder }: CommandTask): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  for (const word of command) {
    const path = fileOf(word, folder);
    if (path !== null) named.set(word, path);
  }
  return named;
}

/** The absolute path of the file that a word names; null: it names none. */
function fileOf(word: string, folder: string): string | null {
  const path = resolve(folder, word);
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : null;
}
