import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { runAgent, type AgentSettings } from '../../api/agents.js';
import { UsageError } from '../../errors/usage-error.js';
import { ExitCode } from '../exit-code.js';

/** Flags of `quantsweep agent`. */
export interface AgentFlags extends Omit<AgentSettings, 'signal' | 'onNews' | 'allowedCode' | 'cacheBytes'> {
  readonly cacheGb: number;
  readonly allowedCode: readonly string[];
}

const stopSignals = ['SIGINT', 'SIGTERM'] as const;

/** `quantsweep agent`: the first signal ends it with grace, a second one at once. */
export async function runAgentUntilSignal({ cacheGb, allowedCode, ...flags }: AgentFlags): Promise<number> {
  checkFlags({ cacheGb, allowedCode, ...flags });
  checkFolders(flags);
  const stopping = new AbortController();
  const onSignal = (): void => {
    if (stopping.signal.aborted) process.exit(ExitCode.interrupted);
    stopping.abort();
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  try {
    await runAgent({
      ...flags,
      dataFolders: flags.dataFolders.map((folder) => resolve(folder)),
      cacheFolder: resolve(flags.cacheFolder),
      cacheBytes: cacheGb * 1e9,
      allowedCode: new Set(allowedCode.map((sha256) => sha256.toLowerCase())),
      signal: stopping.signal,
      onNews: (message) => process.stdout.write(`${message}\n`),
    });
    return ExitCode.done;
  } finally {
    for (const signal of stopSignals) process.off(signal, onSignal);
  }
}

function checkFlags({ slots, cacheGb, exitWhenIdleSeconds, graceSeconds, allowedCode }: AgentFlags): void {
  if (slots !== null && !(Number.isInteger(slots) && slots >= 1 && slots <= 1024)) {
    throw new UsageError(`Expected --slots to be a whole number from 1 to 1024, got ${shown(slots)}.`);
  }
  for (const [name, value] of [
    ['cache-gb', cacheGb],
    ['exit-when-idle', exitWhenIdleSeconds],
    ['grace', graceSeconds],
  ] as const) {
    // Longer timers than a month do not exist.
    if (value !== null && !(value >= 0 && value <= 2e6)) {
      throw new UsageError(`Expected --${name} to be a number from 0 to 2000000, got ${shown(value)}.`);
    }
  }
  for (const sha256 of allowedCode) {
    if (!/^[0-9a-f]{64}$/i.test(sha256)) {
      throw new UsageError(`Expected --allow-code to be a SHA-256 of 64 hexadecimal digits, got "${sha256}".`);
    }
  }
}

/** Asked before anything is loaded: else an agent would find out from its first work. */
function checkFolders({ dataFolders, cacheFolder }: Pick<AgentFlags, 'dataFolders' | 'cacheFolder'>): void {
  for (const folder of dataFolders) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) continue;
    throw new UsageError(`Expected --data to be a folder with models and data, and there is none at ${folder}.`);
  }
  try {
    mkdirSync(cacheFolder, { recursive: true });
    accessSync(cacheFolder, constants.W_OK);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new UsageError(`Expected --cache to be a folder that can be written, got ${code} for ${cacheFolder}.`, {
      cause,
    });
  }
}

/** What yargs read of an option that takes a number. */
function shown(value: number): string {
  return Number.isNaN(value) ? 'something else' : String(value);
}
