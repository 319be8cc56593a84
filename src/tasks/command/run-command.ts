import { spawn } from 'node:child_process';
import { CustomCodeError } from '../custom-error.js';

/** The last of a command's stderr, for messages. */
const STDERR_KEPT = 2000;
/** A score is small; a command that prints more prints something else. */
const MAX_STDOUT = 16 * 1024 * 1024;

/**
 * Runs a program without a shell and returns what it printed.
 *
 * @param words program and arguments
 * @param name what messages call it
 * @param limit the setting that the time limit is from
 * @param signal aborting it ends the program at once
 * @throws CustomCodeError when it can't be started, ends with another code than 0, or is still
 *   running after the limit; with the end of its stderr
 */
export function runCommand(
  words: readonly string[],
  name: string,
  folder: string,
  timeoutMs: number,
  { limit = 'task.timeoutSeconds', signal }: { readonly limit?: string; readonly signal?: AbortSignal } = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const [program, ...args] = words;
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], shell: false });
    const pieces: Buffer[] = [];
    let size = 0;
    let stderr = '';
    let ended: string | null = null;

    function end(why: string): void {
      ended ??= why;
      child.kill('SIGKILL');
      // What the program itself started may still hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
    }
    const timer = setTimeout(() => {
      end(`was still running after ${timeoutMs / 1000} s (${limit})`);
    }, timeoutMs);

    const stop = (): void => {
      end('was stopped');
    };
    signal?.addEventListener('abort', stop, { once: true });

    child.stdout.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size <= MAX_STDOUT) pieces.push(piece);
      else end(`printed more than ${MAX_STDOUT} bytes`);
    });
    child.stderr.on('data', (piece: Buffer) => {
      stderr = (stderr + piece.toString('utf8')).slice(-STDERR_KEPT);
    });
    child.on('error', (cause) => {
      finish();
      reject(new CustomCodeError(`${name} could not be started in ${folder}: ${cause.message}`, { cause }));
    });
    child.on('close', (code, killedBy) => {
      finish();
      const how =
        ended ?? (killedBy !== null ? `was ended by ${killedBy}` : code === 0 ? null : `ended with code ${code!}`);
      if (how === null) {
        resolve({ stdout: Buffer.concat(pieces).toString('utf8'), stderr });
        return;
      }
      const tail = stderr.trim() === '' ? '' : ` Its last words on stderr: ${stderr.trim()}`;
      reject(new CustomCodeError(`${name} ${how}.${tail}`));
    });

    function finish(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  });
}
