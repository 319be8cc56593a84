import { prepareSweep, workerEntry } from '../schedule/prepare-sweep.js';
import { describeEnvironment } from '../schedule/environment.js';
import { deviceSlots } from '../schedule/device-slots.js';
import { planMemory } from '../schedule/plan-memory.js';
import { runSweep, type FailedTrial, type SweepOutcome } from '../schedule/run-sweep.js';
import { saturationNotes } from '../schedule/saturation.js';
import type { SweepPlan } from '../plan/plan.js';
import { WorkerPool } from '../runtime/worker-pool.js';
import { ExitCode } from './exit-code.js';
import { plural } from './format-values.js';
import { openUnlocked } from './open-unlocked.js';
import { Progress } from './progress.js';

/** Flags of `quantsweep run`. */
export interface RunFlags {
  readonly allowCode: boolean;
  readonly failFast: boolean;
  readonly retryFailed: boolean;
  /** Wait for another process that runs a sweep on the database. */
  readonly wait: boolean;
}

/**
 * `quantsweep run`: plans the experiment, runs what is missing and says how it ended.
 *
 * @returns the exit code
 */
export async function runSweepFile(
  path: string,
  overrides: readonly string[],
  { allowCode, failFast, retryFailed, wait }: RunFlags,
): Promise<number> {
  const entry = workerEntry();
  const { experiment, inputs, provider, plan } = await prepareSweep(path, overrides, entry, {
    use: 'run',
    allowed: allowCode,
  });
  const slots = deviceSlots(experiment.run, provider.provider);
  say(`Provider: ${provider.why}. ${plural(slots.length, 'slot')} (${slots.map((s) => s.device).join(', ')}).`);
  for (const note of [...inputs.notes, ...saturationNotes(experiment)]) say(note);
  const stopping = new AbortController();
  const onSignal = stopOnSignal(stopping);
  const store = await openUnlocked(experiment.run.database, wait, stopping.signal);
  if (store === null) return ExitCode.interrupted;
  const { hangSeconds, memoryMb } = experiment.run;
  const pool = new WorkerPool(slots, entry, { hangSeconds, memoryMb, inputs: inputs.identities });
  const progress = new Progress({
    write: (text) => process.stdout.write(text),
    columns: process.stdout.isTTY ? process.stdout.columns : null,
  });
  try {
    store.beginSweep(experiment, plan, [...inputs.models.values()], describeEnvironment());
    const cached = store.finishedTrials(plan.trials.map((t) => t.key)).size;
    say(
      `${plan.name}: ${plural(plan.trials.length, 'trial')}, ${cached} finished already, ${plan.trials.length - cached} to run. Results go to ${experiment.run.database}`,
    );
    const isCpu = provider.provider === 'cpu';
    const memory = await planMemory(experiment, cached < plan.trials.length ? plan : nothing(plan), inputs, pool, {
      isCpu,
      slots: slots.length,
    });
    for (const line of memory.lines) say(line);
    const outcome = await runSweep({
      memory: memory.limits,
      plan,
      inputs,
      store,
      pool,
      retries: experiment.run.retries,
      optimizationLevel: experiment.run.optimizationLevel,
      failFast,
      retryFailed,
      onEvent: (event) => {
        progress.handle(event);
      },
      signal: stopping.signal,
    });
    progress.finish();
    store.refreshComparisons(plan.name);
    return conclude(outcome, experiment.run.database, plan.name, failFast);
  } finally {
    progress.finish();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    await pool.close();
    store.close();
  }
}

function nothing(plan: SweepPlan): SweepPlan {
  return { ...plan, trials: [] };
}

/** The first signal stops the sweep cleanly, a second one ends the process at once. */
function stopOnSignal(stopping: AbortController): () => void {
  const onSignal = (): void => {
    if (stopping.signal.aborted) process.exit(ExitCode.interrupted);
    process.stderr.write('\nStopping; what is finished is kept. Ctrl-C again to end at once.\n');
    stopping.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return onSignal;
}

function conclude(outcome: SweepOutcome, database: string, name: string, failFast: boolean): number {
  const { ran, stopped, cached, failed, failedBefore, interrupted } = outcome;
  const early = stopped === 0 ? '' : ` (${stopped} of them stopped early, as certainly not the best)`;
  say(`${plural(ran, 'trial')} run${early}, ${cached} taken from the database, ${failed.length} failed.`);
  if (interrupted && !(failFast && failed.length > 0)) {
    say('Stopped. Run the same command again to go on.');
    return ExitCode.interrupted;
  }
  if (failed.length > 0) say(failuresByCause(failed).join('\n'));
  if (interrupted) say('Stopped at the first failure (--fail-fast). Run the same command without it to go on.');
  if (failedBefore.length > 0) {
    say(`${plural(failedBefore.length, 'trial')} failed before and not tried again; --retry-failed does:`);
    say(failuresByCause(failedBefore).join('\n'));
  }
  if (failed.length > 0 || failedBefore.length > 0) return ExitCode.failure;
  say(`Next: quantsweep report ${quoted(name)} --db ${quoted(database)}`);
  return ExitCode.done;
}

/** One line for each cause with the trials that it hit: a failed stage fails many trials alike. */
function failuresByCause(failed: readonly FailedTrial[]): readonly string[] {
  const labels = new Map<string, string[]>();
  for (const { label, errorClass, message } of failed) {
    const cause = `${errorClass}: ${message}`;
    labels.set(cause, [...(labels.get(cause) ?? []), label]);
  }
  return [...labels].map(([cause, trials]) => {
    const named = trials.slice(0, 3).join('; ');
    return `  ${named}${trials.length > 3 ? ` and ${trials.length - 3} more` : ''}: ${cause}`;
  });
}

function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
