import { Patience } from '../../schedule/patience.js';
import { prepareSweep, type PreparedSweep } from '../../prepare/prepare-sweep.js';
import { describeEnvironment } from '../../prepare/environment.js';
import { triedTrials, tryAll } from '../../schedule/tried-trials.js';
import { planMemory } from '../../prepare/plan-memory.js';
import { runSweep, type SweepOutcome } from '../../schedule/run-sweep.js';
import type { SweepWarning } from '../../schedule/sweep-warnings.js';
import { saturationNotes } from '../../prepare/saturation.js';
import type { OnSweepEvent } from '../../schedule/sweep-events.js';
import type { SweepPlan } from '../../plan/plan.js';
import type { OpenExecutor } from '../../engine/executor.js';
import { localExecutor } from '../../engine/local/local-executor.js';
import { StoreError } from '../../store/store-error.js';
import type { SweepStore } from '../../store/store.js';
import { ExitCode } from '../exit-code.js';
import { failuresByCause } from './failures-by-cause.js';
import { FreshComparisons } from '../fresh-comparisons.js';
import { plural } from '../show/format-values.js';
import { hashingProgress } from './hashing-progress.js';
import { openUnlocked } from '../open-unlocked.js';
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
  flags: RunFlags,
  open: OpenExecutor = localExecutor(),
): Promise<number> {
  const code = { use: 'run', allowed: flags.allowCode } as const;
  const onHashing = hashingProgress((line) => process.stdout.write(line));
  const prepared = await prepareSweep(path, overrides, { open, code, onHashing });
  try {
    return await runPrepared(prepared, flags);
  } finally {
    await prepared.executor.close();
  }
}

async function runPrepared(
  { experiment, inputs, provider, plan, slots, executor }: PreparedSweep,
  { failFast, retryFailed, wait }: RunFlags,
): Promise<number> {
  say(`Provider: ${provider.why}. ${plural(slots.length, 'slot')} (${slots.map((s) => s.device).join(', ')}).`);
  for (const note of [...inputs.notes, ...(experiment.notes ?? []), ...saturationNotes(experiment)]) say(note);
  const stopping = new AbortController();
  const onSignal = stopOnSignal(stopping);
  const { lockWaitMinutes } = experiment.run;
  const store = await openUnlocked(experiment.run.database, { wait, lockWaitMinutes }, stopping.signal);
  if (store === null) return ExitCode.interrupted;
  const progress = new Progress({
    write: (text) => process.stdout.write(text),
    columns: process.stdout.isTTY ? process.stdout.columns : null,
  });
  const warnings: SweepWarning[] = [];
  const comparisons = new FreshComparisons(() => {
    compareNow(store, plan.name);
  });
  const onEvent: OnSweepEvent = (event) => {
    if (event.kind === 'warning') warnings.push(event.warning);
    if (event.kind === 'trialFinished') comparisons.trialFinished();
    progress.handle(event);
  };
  const patience = new Patience({ minutes: lockWaitMinutes, onEvent, signal: stopping.signal });
  try {
    const environment = describeEnvironment();
    await patience.write(() => {
      store.beginSweep(experiment, plan, [...inputs.models.values()], environment);
    });
    // Beginning the sweep dropped those of trials that were finished before.
    comparisons.all();
    const cached = store.finishedTrials(plan.trials.map((t) => t.key)).size;
    const { toRun, again } = retryFailed ? tryAll(plan, store) : triedTrials(plan, store, experiment.run);
    const failedBefore = again.size === 0 ? '' : ` (${again.size} of them failed before)`;
    say(
      `${plan.name}: ${plural(plan.trials.length, 'trial')}, ${cached} finished already, ${toRun.length} to run${failedBefore}. Results go to ${experiment.run.database}`,
    );
    const memory = await planMemory(experiment, toRun.length > 0 ? plan : nothing(plan), inputs, executor, {
      provider: provider.provider,
      slots: slots.length,
    });
    for (const line of memory.lines) say(line);
    const outcome = await runSweep({
      memory: memory.limits,
      plan,
      inputs,
      store,
      patience,
      executor,
      run: experiment.run,
      failFast,
      retryFailed,
      onEvent,
      signal: stopping.signal,
    });
    progress.finish();
    await compare(store, plan.name, patience, outcome.interrupted);
    // Before it is said that all went well: what can't be made whole is no success.
    const note = store.close();
    const code = conclude(outcome, experiment.run.database, plan.name, failFast);
    sayAgain(warnings);
    if (note !== null) say(note);
    return code;
  } catch (cause) {
    closeAfter(store);
    throw cause;
  } finally {
    progress.finish();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** While the sweep runs, for pages that are looked at meanwhile: where another program holds the database, later ones do. */
function compareNow(store: SweepStore, sweep: string): void {
  try {
    store.refreshComparisons(sweep);
  } catch (cause) {
    if (!(cause instanceof StoreError && cause.code === 'busy')) throw cause;
  }
}

/** Comparisons are made of what is stored: where a sweep is stopped while another program holds the database, the next run makes them. */
async function compare(store: SweepStore, sweep: string, patience: Patience, interrupted: boolean): Promise<void> {
  try {
    await patience.write(() => {
      store.refreshComparisons(sweep);
    });
  } catch (cause) {
    if (!(interrupted && cause instanceof StoreError && cause.code === 'busy')) throw cause;
  }
}

/** After another failure, which is the one to tell. */
function closeAfter(store: SweepStore): void {
  try {
    store.close();
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
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

/** What makes the result nonsense, once more where the last lines are read. */
function sayAgain(warnings: readonly SweepWarning[]): void {
  const voiding = warnings.filter(({ voids }) => voids);
  if (voiding.length === 0) return;
  say('WARNING: what was measured against this FP32 result names no best setting:');
  for (const { text } of voiding) say(`  ${text}`);
}

function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
