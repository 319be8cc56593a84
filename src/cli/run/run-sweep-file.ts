import { readDatabase } from '../../api/read-database.js';
import type { BrokerOptions } from '../../api/broker.js';
import { loadExperiment } from '../../api/load-experiment.js';
import { runSweep, type RunEvent, type RunOutcome } from '../../api/run-sweep.js';
import type { Shard } from '../../api/require-shard.js';
import type { SweepWarning } from '../../schedule/sweep-warnings.js';
import type { SweepEvent } from '../../schedule/sweep-events.js';
import { ExitCode } from '../exit-code.js';
import { plural } from '../show/format-values.js';
import { quoted } from '../show/quoted.js';
import { speedLines } from '../speed/speed-lines.js';
import { closing } from './closing-answer.js';
import { failuresByCause } from './failures-by-cause.js';
import { hashingProgress } from './hashing-progress.js';
import { Progress } from './progress.js';
import { emptyShardText, shardWords } from './shard-words.js';

/** Flags of `quantsweep run`. */
export interface RunFlags {
  readonly database: string | undefined;
  readonly allowCode: boolean;
  readonly failFast: boolean;
  readonly retryFailed: boolean;
  /** Go on where finished work is of another numerics class. */
  readonly mixClasses: boolean;
  /** Wait for another process that runs a sweep on the database. */
  readonly wait: boolean;
  /** The part of the sweep to run; absent: all of it. */
  readonly shard?: Shard;
  /** Run on its agents; absent: on this machine. */
  readonly broker?: BrokerOptions;
}

/**
 * `quantsweep run`: plans the experiment, runs what is missing and says how it ended.
 *
 * @returns the exit code
 */
export async function runSweepFile(path: string, overrides: readonly string[], flags: RunFlags): Promise<number> {
  const { database, ...options } = flags;
  const experiment = loadExperiment(path, { set: overrides, ...(database === undefined ? {} : { database }) });
  const stopping = new AbortController();
  const handlers: (() => void)[] = [];
  const progress = new Progress({
    write: (text) => process.stdout.write(text),
    columns: process.stdout.isTTY ? process.stdout.columns : null,
  });
  const warnings: SweepWarning[] = [];
  const seen = new Set<RunEvent['kind']>();
  try {
    const outcome = await runSweep(experiment, {
      ...options,
      signal: stopping.signal,
      onHashing: hashingProgress((line) => process.stdout.write(line)),
      onEvent: (event) => {
        // Until then a signal ends the process at once, and nothing is lost.
        if (event.kind === 'prepared') handlers.push(stopOnSignal(stopping));
        seen.add(event.kind);
        if (event.kind === 'warning') warnings.push(event.warning);
        tell(event, progress);
      },
    });
    progress.finish();
    if (!seen.has('planned')) {
      say('Stopped. Run the same command again to continue.');
      return ExitCode.interrupted;
    }
    const code = conclude(outcome, flags.failFast, warnings);
    if (outcome.note !== null) say(outcome.note);
    return code;
  } finally {
    progress.finish();
    for (const handler of handlers) for (const signal of stopSignals) process.off(signal, handler);
  }
}

function tell(event: RunEvent, progress: Progress): void {
  if (isOfTheSweep(event)) {
    progress.handle(event);
    return;
  }
  switch (event.kind) {
    case 'prepared':
      say(`Provider: ${event.provider.why}. ${workersOf(event)}.`);
      event.notes.forEach(say);
      return;
    case 'opening':
      say(`Waiting: ${event.message}`);
      return;
    case 'numerics':
      event.notes.forEach(say);
      return;
    case 'planned': {
      const failedBefore = event.failedBefore === 0 ? '' : ` (${event.failedBefore} of them failed before)`;
      say(
        `${event.name}: ${shardWords(event.shard, event.trials)}, ${event.cached} cached, ${event.toRun} to run${failedBefore}. Results go to ${event.database}`,
      );
      if (event.shard !== null && event.trials === 0) say(emptyShardText(event.shard));
      return;
    }
    case 'memory':
      event.lines.forEach(say);
      return;
    case 'agents':
    case 'speed':
      progress.note(event.message);
      return;
  }
}

function workersOf({ slots, broker }: Extract<RunEvent, { kind: 'prepared' }>): string {
  return broker === null ? `${plural(slots.length, 'worker')} (${slots.join(', ')})` : `Agents of ${broker}`;
}

function isOfTheSweep(event: RunEvent): event is SweepEvent {
  return !['prepared', 'opening', 'numerics', 'planned', 'memory', 'agents', 'speed'].includes(event.kind);
}

const stopSignals = ['SIGINT', 'SIGTERM'] as const;

/** The first signal stops the sweep cleanly, a second one ends the process at once. */
function stopOnSignal(stopping: AbortController): () => void {
  const onSignal = (): void => {
    if (stopping.signal.aborted) process.exit(ExitCode.interrupted);
    process.stderr.write('\nStopping; finished work is kept. Press Ctrl-C again to end immediately.\n');
    stopping.abort();
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  return onSignal;
}

/** Says how it ended, what was found, and what to do next. @returns the exit code */
function conclude(outcome: RunOutcome, failFast: boolean, warnings: readonly SweepWarning[]): number {
  const code = sayHowItEnded(outcome, failFast);
  const { text, saysVoid } = closing(outcome, process.stdout.isTTY ? process.stdout.columns : 100);
  if (text !== '') say(`\n${text}`);
  sayHowFast(outcome);
  if (code === ExitCode.done) say(nextStep(outcome));
  if (!saysVoid) sayAgain(warnings);
  return code;
}

/** Speed against FP32, where it was measured here; nothing of a shard, a part of its sweep. */
function sayHowFast({ name, database, shard, speed }: RunOutcome): void {
  if (shard !== null && shard.of > 1) return;
  const failures = speed?.failures ?? [];
  const lines = readDatabase(database, (queries) =>
    speedLines((sql) => queries.query(sql), name, failures),
  );
  if (lines.length > 0) say(`${lines.join('\n')}\n`);
}

function sayHowItEnded(outcome: RunOutcome, failFast: boolean): number {
  const { ran, stopped, cached, failed, failedBefore, interrupted } = outcome;
  const early = stopped === 0 ? '' : ` (${stopped} of them stopped early because certainly not the best)`;
  say(`${plural(ran, 'trial')} run${early}, ${cached} cached, ${failed.length} failed.`);
  if (interrupted && !(failFast && failed.length > 0)) {
    say('Stopped. Run the same command again to continue.');
    return ExitCode.interrupted;
  }
  if (failed.length > 0) say(failuresByCause(failed).join('\n'));
  if (interrupted) say('Stopped at the first failure (--fail-fast). Run the same command without it to continue.');
  if (failedBefore.length > 0) {
    say(`${plural(failedBefore.length, 'trial')} failed before and not retried; --retry-failed retries:`);
    say(failuresByCause(failedBefore).join('\n'));
  }
  const isUnmeasured = (outcome.speed?.failures.length ?? 0) > 0;
  return failed.length > 0 || failedBefore.length > 0 || isUnmeasured ? ExitCode.failure : ExitCode.done;
}

function nextStep({ shard, name, database }: RunOutcome): string {
  if (shard === null || shard.of === 1) return `Next: quantsweep report ${quoted(name)} --db ${quoted(database)}`;
  return `Next, when all ${shard.of} shards are done: quantsweep merge ${quoted(database)} OTHERS... --into all.db`;
}

/** What makes the result nonsense, once more where the last lines are read. */
function sayAgain(warnings: readonly SweepWarning[]): void {
  const voiding = warnings.filter(({ voids }) => voids);
  if (voiding.length === 0) return;
  say('WARNING: no setting measured against this FP32 result can be called the best:');
  for (const { text } of voiding) say(`  ${text}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
