/** What a command ends with: 0 done, 1 failure, 2 wrong usage or input, 130 stopped by Ctrl-C. */
export const ExitCode = { done: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** Errors that say what the user should change: no stack trace, exit code 2. */
const usageErrors: ReadonlySet<string> = new Set([
  'ExperimentError',
  'ExperimentFileError',
  'InputError',
  'ModelError',
  'DatasetError',
  'MetricError',
  'UsageError',
]);

/** Errors of the surroundings, whose message tells all: no stack trace, exit code 1. */
const expectedErrors: ReadonlySet<string> = new Set([
  'StoreError',
  'NonFiniteStoreError',
  'RuntimeError',
  'JobError',
  'SurroundingsError',
  'SweepEnded',
]);

/** Codes of the store's errors that the command line or the experiment can mend by naming another file or query. */
const usageCodes: ReadonlySet<string> = new Set([
  'bad-path',
  'bad-query',
  'foreign-database',
  'missing',
  'newer-schema',
  'not-a-database',
]);

/** A package, or the compiled part of one, is missing or made for another Node. */
const brokenInstallation: ReadonlySet<string> = new Set([
  'ERR_MODULE_NOT_FOUND',
  'MODULE_NOT_FOUND',
  'ERR_DLOPEN_FAILED',
]);

/** Prints an error as its kind deserves and returns the exit code. */
export function reportError(error: unknown, print: (text: string) => void): number {
  if (!(error instanceof Error)) {
    print(`quantsweep: ${String(error)}`);
    return ExitCode.failure;
  }
  if (usageErrors.has(error.name)) {
    print(error.message);
    return ExitCode.usage;
  }
  if (expectedErrors.has(error.name) || isSystemError(error)) {
    print(`quantsweep: ${error.message}`);
    return 'code' in error && usageCodes.has(String(error.code)) ? ExitCode.usage : ExitCode.failure;
  }
  if ('code' in error && brokenInstallation.has(String(error.code))) {
    print(
      `quantsweep: the installation is incomplete (Node ${process.version}): ${error.message.split('\n', 1)[0]!}. Install it again with this Node (in a checkout: npm ci).`,
    );
    return ExitCode.failure;
  }
  print(`quantsweep: unexpected error, please report it:\n${error.stack ?? error.message}`);
  return ExitCode.failure;
}

/** Errors of the operating system, e.g. ENOSPC: their message names the call and the path. */
function isSystemError(error: Error): boolean {
  return 'syscall' in error && 'errno' in error;
}
