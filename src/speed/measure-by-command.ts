import { JobInterrupted } from '../engine/executor.js';
import { QuantsweepError } from '../errors/quantsweep-error.js';
import type { DeviceCommand } from '../experiment/sections/measure.js';
import { removeTemporary, temporaryFolder } from '../formats/io/scratch-folder.js';
import type { PlannedTrial } from '../plan/plan.js';
import { runCommand } from '../tasks/command/run-command.js';
import { CustomCodeError } from '../tasks/custom-error.js';
import { removeCandidates, writeCandidate, type CandidateFile } from './candidate-files.js';
import { compareLatency } from './compare-latency.js';
import { fixedBatchOf } from './fixed-batch.js';
import { readDeviceAnswer, type DeviceAnswer } from './device-answer.js';
import { measuredTrials } from './measured-trials.js';
import type { MeasuredSpeed, SpeedSurroundings } from './measured-speed.js';

/** What stands for the path of the model in the words of a command. */
const PLACEHOLDER = '{model}';

/** Models that are written and asked about in turn, beside FP32. */
const MOST_CANDIDATES = 8;

export interface CommandOptions extends SpeedSurroundings {
  readonly command: DeviceCommand;
  /** Where the command starts: that of the experiment. Absolute. */
  readonly folder: string;
}

/**
 * Asks a command how fast FP32 and the exported models of chosen trials are on another device. A
 * command that prints one number a call is called for each model in turn, round by round; one that
 * prints the times of several runs is called once for each.
 */
export async function measureByCommand(options: CommandOptions): Promise<MeasuredSpeed> {
  const { command, plan, store, environment, signal } = options;
  const values = store.primaryValues(plan.trials.map(({ key }) => key));
  const chosen = measuredTrials(plan.trials, values, command.trials);
  const keys = chosen.map(({ key }) => key);
  const there = new Set(
    store
      .latencies(keys, environment)
      .filter(({ device }) => device === command.name)
      .map(({ trial }) => trial),
  );
  const missing = chosen.filter(({ key }) => !there.has(key));
  const run = new CommandRun(options);
  try {
    for (const together of groupsOf(missing)) await run.measure(together);
    return { measured: run.measured, cached: there.size, failures: run.failures, interrupted: false };
  } catch (cause) {
    if (!(cause instanceof JobInterrupted && signal.aborted)) throw cause;
    return { measured: run.measured, cached: there.size, failures: run.failures, interrupted: true };
  } finally {
    run.close();
  }
}

/** Trials of one model and evaluation, a few at a time. */
function groupsOf(trials: readonly PlannedTrial[]): readonly (readonly PlannedTrial[])[] {
  const groups: PlannedTrial[][] = [];
  for (const key of new Set(trials.map(({ referenceKey }) => referenceKey))) {
    const own = trials.filter(({ referenceKey }) => referenceKey === key);
    for (let first = 0; first < own.length; first += MOST_CANDIDATES) {
      groups.push(own.slice(first, first + MOST_CANDIDATES));
    }
  }
  return groups;
}

/** What the command has said of one model so far. */
interface Asked {
  readonly path: string;
  readonly answers: DeviceAnswer[];
}

class CommandRun {
  readonly #options: CommandOptions;
  readonly #folder = temporaryFolder('device');
  readonly failures: string[] = [];
  measured = 0;

  constructor(options: CommandOptions) {
    this.#options = options;
  }

  close(): void {
    removeTemporary(this.#folder);
  }

  async measure(trials: readonly PlannedTrial[]): Promise<void> {
    const { say, command } = this.#options;
    const files = trials.flatMap((trial) => this.#write(trial) ?? []);
    try {
      if (files.length === 0) return;
      const models = files.length === 1 ? files[0]!.trial.label : `${files.length} models`;
      say(`Measuring speed: FP32 and ${models} in turn, on ${command.name}, by its command`);
      await this.#ask(files);
    } finally {
      removeCandidates(files);
    }
  }

  #write(trial: PlannedTrial): CandidateFile | null {
    if (this.#options.signal.aborted) throw new JobInterrupted('The sweep was stopped.');
    try {
      return writeCandidate(trial, this.#options.readTrial(trial.key), this.#folder);
    } catch (cause) {
      if (!(cause instanceof QuantsweepError)) throw cause;
      this.failures.push(`${trial.label}: ${cause.message}`);
      return null;
    }
  }

  async #ask(files: readonly CandidateFile[]): Promise<void> {
    const { command, store, write, environment, inputs } = this.#options;
    const fp32: Asked = { path: files[0]!.trial.settings.model.path, answers: [] };
    const asked = new Map(files.map((file) => [file, { path: file.path, answers: [] as DeviceAnswer[] }]));
    for (let round = 0; round < command.repeats && asked.size > 0; round++) {
      // Without FP32's time there is no ratio.
      const failed = await this.#call(fp32);
      if (failed !== null) {
        this.failures.push(`FP32 on ${command.name}: ${failed}`);
        return;
      }
      for (const [file, model] of asked) {
        const failure = (await this.#call(model)) ?? unlike(fp32, model);
        if (failure === null) continue;
        this.failures.push(`${file.trial.label} on ${command.name}: ${failure}`);
        asked.delete(file);
      }
      if (fp32.answers[0]!.isList) break;
    }
    for (const [{ trial }, model] of asked) {
      const { batch, device } = model.answers[0]!;
      const conditions = { device: command.name, batchSize: batch ?? fixedBatchOf(trial, inputs) ?? 1, threads: 0 };
      const record = compareLatency(conditions, { wallMs: timesOf(fp32) }, { wallMs: timesOf(model) });
      // Of the device that ran the models nothing else is known.
      const there = { ...environment, cpuModel: device ?? command.name, cpuFlags: '', onnxruntimeVersion: '' };
      await write(() => {
        store.writeLatency({ trial: trial.key, fp32: trial.fp32Key, environment: there }, record);
      });
      this.measured += 1;
    }
  }

  /** @returns why it failed; null where it did not @throws JobInterrupted */
  async #call({ path, answers }: Asked): Promise<string | null> {
    const { command, folder, signal } = this.#options;
    const name = command.run.join(' ');
    const limits = { limit: 'measure.command.timeoutSeconds', signal };
    try {
      const words = filledWords(command.run, path);
      const timeoutMs = command.timeoutSeconds * 1000;
      const { stdout, stderr } = await runCommand(words, `The command ${name}`, folder, timeoutMs, limits);
      answers.push(readDeviceAnswer(stdout, stderr, `the command ${name}`));
      return null;
    } catch (cause) {
      if (signal.aborted) throw new JobInterrupted('The sweep was stopped.');
      if (!(cause instanceof CustomCodeError)) throw cause;
      return cause.message;
    }
  }
}

/** The words with the model's path in the place of `{model}`, or behind them. */
export function filledWords(words: readonly string[], path: string): readonly string[] {
  const filled = words.map((word) => word.replaceAll(PLACEHOLDER, () => path));
  return words.some((word) => word.includes(PLACEHOLDER)) ? filled : [...filled, path];
}

/** Why the last answers on two models can't be compared; null where they can. */
function unlike(fp32: Asked, model: Asked): string | null {
  const [first, other] = [fp32.answers.at(-1)!, model.answers.at(-1)!];
  const form = ({ isList, timesMs, batch }: DeviceAnswer): string =>
    `${isList ? `${timesMs.length} times` : 'one number'}${batch === null ? '' : ` at batch ${batch}`}`;
  if (form(first) === form(other)) return null;
  return `expected the same as for FP32 (${form(first)}), got ${form(other)}`;
}

/** A time a round; of a list a time a run. */
function timesOf({ answers }: Asked): readonly number[] {
  return answers.flatMap(({ timesMs }) => timesMs);
}
