import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Runs a module in a process of its own and returns what it says with {@link report}: its memory is
 * that of its work alone, and no cache of another piece of work helps it.
 *
 * @param module its `import.meta.url`; it finds `child` and the arguments behind its own name in
 *   `process.argv`
 * @throws Error when it ends without a word
 */
export function reportOf<T>(module: string, ...args: readonly string[]): Promise<T> {
  const child = fork(fileURLToPath(module), ['child', ...args]);
  return new Promise((resolve, reject) => {
    child.on('message', (said) => {
      resolve(said as T);
    });
    child.on('exit', (code, signal) => {
      reject(new Error(`Expected a report of ${args.join(' ')}, but the process ended with ${signal ?? code ?? '?'}.`));
    });
  });
}

/** Arguments of a process that {@link reportOf} started; null in any other. */
export function childArguments(): readonly string[] | null {
  return process.argv[2] === 'child' ? process.argv.slice(3) : null;
}

/** Hands the parent what it waits for. */
export function report(said: object): void {
  process.send!(said);
  process.disconnect();
}
