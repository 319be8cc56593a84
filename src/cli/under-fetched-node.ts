import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Set for the program that was started again: that Node is not in the range either, where it reads
 * this.
 */
const MARK = 'QUANTSWEEP_UNDER_FETCHED_NODE';

/**
 * Starts the program again under the Node that scripts/bootstrap.mjs fetched into `.node/` of a
 * checkout, and ends as it ends. Returns false where there is none. Node 14 parses this file.
 *
 * @param root the folder of package.json
 */
export function startUnderFetchedNode(root: string): boolean {
  if (process.env[MARK] !== undefined) return false;
  let node: string;
  try {
    node = join(root, '.node', readFileSync(join(root, '.node', 'current'), 'utf8'));
  } catch {
    return false;
  }
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit', env: { ...process.env, [MARK]: '1' } });
  // Ctrl-C in a terminal reaches the child by itself, which stops cleanly; this process waits for
  // it. Without a terminal the signal was sent to this process alone.
  const inTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  process.on('SIGINT', () => {
    if (!inTerminal) child.kill('SIGINT');
  });
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`quantsweep: ${node} could not be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('close', (code, signal) => {
    if (signal === null) process.exit(code === null ? 1 : code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
  return true;
}
