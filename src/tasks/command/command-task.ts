import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { hashFile } from '../../formats/hash-source.js';
import { anyOutputMisfit } from '../output-shape.js';
import { relativeSquaredError } from '../relative-squared-error.js';
import { defineTask } from '../task.js';
import { createCommandMetric, finishCommandMetric } from './command-metric.js';
import { commandSettings, type CommandTask } from './command-settings.js';
import { mergePredictionStates } from './prediction-state.js';

export const commandTask = defineTask({
  description: 'A metric by an external command. Runs with --allow-code only.',
  settings: commandSettings,
  needs: null,
  needsReference: false,
  countsSamples: false,
  judgedAs: null,
  locate: ({ command, metric, higherIsBetter, timeoutSeconds }, folder): CommandTask => ({
    ...{ command, metric, higherIsBetter, timeoutSeconds, folder },
  }),
  code: (task) => ({ what: `metric command ${task.command.join(' ')}`, sha256: () => hashCommand(task) }),
  // How long it may take changes no result.
  keyed: ({ metric, higherIsBetter }, sha256) => ({ sha256, metric, higherIsBetter }),
  divergence: relativeSquaredError,
  misfit: anyOutputMisfit,
  labelMisfit: () => null,
  isChoosy: true,
  open: createCommandMetric,
  merge: mergePredictionStates,
  finish: finishCommandMetric,
});

/**
 * Of its words, where each that names a file, as seen from the experiment's folder, counts by its
 * bytes.
 */
async function hashCommand({ command, folder }: CommandTask): Promise<string> {
  const words = await Promise.all(
    command.map(async (word) => {
      const path = resolve(folder, word);
      return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? { file: await hashFile(path) } : { word };
    }),
  );
  return createHash('sha256').update(JSON.stringify(words)).digest('hex');
}
