import { UsageError } from '../errors/usage-error.js';

/** Throws UsageError for anything but what `loadExperiment` returns, such as the path of a file. */
export function requireExperiment(experiment: unknown): void {
  if (typeof experiment === 'object' && experiment !== null && 'trials' in experiment && 'run' in experiment) return;
  const what = typeof experiment === 'string' ? `the text "${experiment}"` : typeof experiment;
  throw new UsageError(`Expected an experiment, as loadExperiment returns it, got ${what}.`);
}
