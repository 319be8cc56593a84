import { tmpdir } from 'node:os';
import { QuantsweepError } from './quantsweep-error.js';

/**
 * The machine could not do what any work needs: no space left, too many open files, no temporary
 * folder. No fault of the trial that met it, and the next trial would meet it too: a sweep ends
 * with it, no trial counts as failed, and the same command goes on once it is mended.
 */
export class SurroundingsError extends QuantsweepError {
  static override readonly errorClass = 'SurroundingsError';
  static override readonly retry = 'next-run';
  static override readonly endsSweep = true;

  /** @param what happened, in the system's own words where it has some; without a full stop */
  constructor(what: string, code: string, options?: ErrorOptions) {
    super(`${what}. ${adviceFor(code)} Then run the same command again: finished work is kept.`, options);
  }
}

/** An error of the operating system, as Node throws it. */
interface SystemError extends Error {
  readonly code: string;
  readonly syscall?: string;
}

/**
 * Codes of what runs short or breaks whatever file it is about, so also where another error was
 * made of them.
 */
const ofTheMachine: ReadonlySet<string> = new Set([
  'EAGAIN',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENODEV',
  'ENOLCK',
  'ENOSPC',
  'EROFS',
  'ESTALE',
]);

/**
 * The same in the runtime's words, where it passes on the C library's text of an errno and no code:
 * `strerror` of the codes above, and what it says where a thread can't be made.
 */
const machineWords: readonly (readonly [RegExp, string])[] = [
  [/no space left on device/i, 'ENOSPC'],
  [/disk quota exceeded/i, 'EDQUOT'],
  [/too many open files/i, 'EMFILE'],
  [/resource temporarily unavailable|pthread_create failed/i, 'EAGAIN'],
  [/read-only file system/i, 'EROFS'],
  [/\binput\/output error/i, 'EIO'],
];

/**
 * The fault of the surroundings behind an error, or null. One is every error of the system that
 * nothing has caught and made into an error of its own, and those of the machine also where
 * something has.
 */
export function surroundingsFault(thrown: unknown): SurroundingsError | null {
  if (thrown instanceof SurroundingsError) return thrown;
  if (isSystemError(thrown)) return new SurroundingsError(thrown.message, thrown.code, { cause: thrown });
  for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
    const code = isSystemError(cause) ? cause.code : cause instanceof SurroundingsError ? 'EIO' : null;
    if (code !== null && ofTheMachine.has(code) && thrown instanceof Error) {
      return new SurroundingsError(withoutStop(thrown.message), code, { cause: thrown });
    }
  }
  return null;
}

/** {@link surroundingsFault} of what the runtime said, which has no codes. */
export function surroundingsFaultIn(words: string): SurroundingsError | null {
  const code = machineWords.find(([pattern]) => pattern.test(words))?.[1];
  return code === undefined ? null : new SurroundingsError(withoutStop(words), code);
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error;
}

function withoutStop(text: string): string {
  return text.trim().replace(/\.$/, '');
}

function adviceFor(code: string): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `Free some space; temporary files are in ${tmpdir()} (set TMPDIR to move them).`;
    case 'EMFILE':
    case 'ENFILE':
      return 'Raise the limit of open files (`ulimit -n`), or lower run.slots.';
    case 'EAGAIN':
      return 'Raise the limit of processes (`ulimit -u`), or lower run.slots and run.threads.';
    default:
      return `Check the temporary folder (${tmpdir()}; TMPDIR names another one) and the disk.`;
  }
}
