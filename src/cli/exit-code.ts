import { ExitCode } from '../errors/exit-code.js';
import { QuantsweepError, UserError } from '../errors/quantsweep-error.js';

export { ExitCode } from '../errors/exit-code.js';

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
  if (error instanceof QuantsweepError) {
    // What the person wrote is named where the message begins, by file and line.
    print(error instanceof UserError ? error.message : `quantsweep: ${error.message}`);
    return error.exitCode;
  }
  if (isSystemError(error)) {
    print(`quantsweep: ${error.message}`);
    return ExitCode.failure;
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
