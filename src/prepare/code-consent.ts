import { formatOf } from '../formats/data-source.js';
import type { Experiment, Settings } from '../experiment/sections/settings.js';
import { taskOf } from '../tasks/task-settings.js';
import { InputError } from '../errors/input-error.js';

/**
 * What a command of the program is about to run of an experiment: `plan` opens data, `run` also
 * scores.
 */
export type CodeUse = 'plan' | 'run';

/**
 * Makes sure that code which an experiment names runs only when the user said so: an experiment
 * file that came from elsewhere would otherwise be a program.
 *
 * @param allowed `--allow-code` was given
 * @throws InputError naming the modules and commands, and the flag
 */
export function requireCodeConsent(experiment: Experiment, use: CodeUse, allowed: boolean): void {
  if (allowed) return;
  const device = use === 'plan' ? null : (experiment.measure?.command ?? null);
  const code = new Set([
    ...experiment.trials.flatMap(({ settings }) => codeOf(settings, use)),
    ...(device === null ? [] : [`device command ${device.run.join(' ')}`]),
  ]);
  if (code.size === 0) return;
  throw new InputError(
    `${experiment.path} names code to run: ${[...code].join('; ')}. Read the code, and pass --allow-code if you trust it.`,
  );
}

function codeOf({ data, task }: Settings, use: CodeUse): readonly string[] {
  const modules = [data.calibration.source, data.evaluation.source].map((source) => formatOf(source).code(source));
  const metric = use === 'plan' ? null : (taskOf(task.kind).code(task)?.what ?? null);
  return [...modules, metric].filter((code) => code !== null);
}
