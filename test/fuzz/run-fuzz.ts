import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CaseResult, FuzzMessage } from './case-result.js';

/** A case that takes longer hangs. Processor time, so that a busy machine is no hang. */
export const LONGEST_CPU_MS = 5000;
/** Waiting costs no processor time: a pipe that nobody writes to. */
const LONGEST_WAIT_MS = 60_000;
/** What one case may take in memory beyond what the process had before it. */
export const MOST_GROWN_BYTES = 256 * 2 ** 20;
const child = fileURLToPath(new URL('fuzz-child.ts', import.meta.url));

/** Processor time of another process so far; null where the system does not tell. */
function cpuMsOf(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return null;
  }
}

/** Cases `first` to `end - 1` of a format, each read in a child; one that hangs or dies is told as a failure and passed over. */
export async function runFuzz(format: string, seed: number, first: number, end: number): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (let next = first; next < end;) {
    await new Promise<void>((resolve) => {
      const running = fork(child, [format, String(seed), String(next), String(end)], {
        execArgv: ['--import', 'tsx', '--expose-gc', '--max-old-space-size=1024'],
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      let open: { readonly index: number; readonly what: string; readonly at: number; readonly cpuMs: number } | null = null;
      let ended = '';
      let stderr = '';
      running.stderr!.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-2000)));
      const watch = setInterval(() => {
        if (open === null) return;
        const cpuMs = (cpuMsOf(running.pid!) ?? 0) - open.cpuMs;
        const waited = Date.now() - open.at;
        if (cpuMs <= LONGEST_CPU_MS && waited <= LONGEST_WAIT_MS) return;
        ended = `hangs: ${cpuMs} ms of processor time, ${waited} ms in all`;
        running.kill('SIGKILL');
      }, 200);
      running.on('message', (message: FuzzMessage) => {
        if (message.kind === 'start') {
          open = { index: message.index, what: message.what, at: Date.now(), cpuMs: cpuMsOf(running.pid!) ?? 0 };
        } else if (message.kind === 'end') {
          results.push(judgeCosts(message.result));
          next = message.result.index + 1;
          open = null;
        }
      });
      running.on('close', (code, signal) => {
        clearInterval(watch);
        if (next < end) {
          const problem = ended === '' ? `the process died of ${signal ?? `exit code ${code}`}: ${stderr}` : ended;
          const { index, what } = open ?? { index: next, what: 'before the case was read' };
          results.push({ format, index, what, outcome: 'failure', problem, cpuMs: 0, grownBytes: 0 });
          next = index + 1;
        }
        resolve();
      });
    });
  }
  return results;
}

function judgeCosts(result: CaseResult): CaseResult {
  if (result.problem !== '') return result;
  if (result.cpuMs > LONGEST_CPU_MS) return { ...result, outcome: 'failure', problem: `took ${result.cpuMs} ms` };
  if (result.grownBytes <= MOST_GROWN_BYTES) return result;
  return { ...result, outcome: 'failure', problem: `memory grew by ${Math.round(result.grownBytes / 2 ** 20)} MB` };
}
