import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CaseResult, CaseSpan, FuzzMessage } from './case-result.js';

/** A case that takes longer hangs. Processor time, so that a busy machine is no hang. */
const LONGEST_CPU_MS = 5000;
/** Waiting costs no processor time: a pipe that nobody writes to. */
const LONGEST_WAIT_MS = 60_000;
/** What one case may take in memory beyond what the process had before it. */
const MOST_GROWN_BYTES = 256 * 2 ** 20;
const child = fileURLToPath(new URL('fuzz-child.ts', import.meta.url));

/** Processor time of another process so far; 0 where the system does not tell. */
function cpuMsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

/**
 * Runs cases one after the other, each read in a child; one that hangs, or takes the child with it,
 * is told as a failure and passed over.
 */
export async function runFuzz(seed: number, spans: readonly CaseSpan[]): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (let left = leftOver(spans, 0); left.length > 0;) {
    const part = await runChild(seed, left);
    results.push(...part);
    left = leftOver(left, part.length);
  }
  return results;
}

/** Without the first `done` cases. */
function leftOver(spans: readonly CaseSpan[], done: number): readonly CaseSpan[] {
  let toPass = done;
  return spans.flatMap((span) => {
    const passed = Math.min(toPass, span.end - span.first);
    toPass -= passed;
    return span.first + passed >= span.end ? [] : [{ ...span, first: span.first + passed }];
  });
}

/** The case that a child reads, and when it began. */
interface OpenCase {
  readonly format: string;
  readonly index: number;
  readonly what: string;
  readonly atMs: number;
  readonly atCpuMs: number;
}

/** The results of one child, the last of them a failure where it did not come to the end. */
async function runChild(seed: number, spans: readonly CaseSpan[]): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  const state: { open: OpenCase | null } = { open: null };
  let hangs = '';
  let stderr = '';
  const running = fork(child, [String(seed), JSON.stringify(spans)], {
    execArgv: ['--import', 'tsx', '--expose-gc', '--max-old-space-size=1024'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  running.stderr!.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-2000)));
  running.on('message', (message: FuzzMessage) => {
    if (message.kind === 'start') {
      state.open = { ...message, atMs: Date.now(), atCpuMs: cpuMsOf(running.pid!) };
    } else {
      results.push(judgeCosts(message.result));
      state.open = null;
    }
  });
  const watch = setInterval(() => {
    if (state.open === null) return;
    const cpuMs = cpuMsOf(running.pid!) - state.open.atCpuMs;
    const waitedMs = Date.now() - state.open.atMs;
    if (cpuMs <= LONGEST_CPU_MS && waitedMs <= LONGEST_WAIT_MS) return;
    hangs = `hangs: ${cpuMs} ms of processor time, ${waitedMs} ms in all`;
    running.kill('SIGKILL');
  }, 200);
  const [code, signal] = (await once(running, 'close')) as [number | null, NodeJS.Signals | null];
  clearInterval(watch);
  const [next] = leftOver(spans, results.length);
  if (next !== undefined) {
    const { format, index, what } = state.open ?? { ...next, index: next.first, what: 'before it was read' };
    const problem = hangs === '' ? `the process died of ${signal ?? `exit code ${code}`}: ${stderr}` : hangs;
    results.push({ format, index, what, outcome: 'failure', said: '', problem, cpuMs: 0, grownBytes: 0 });
  }
  return results;
}

function judgeCosts(result: CaseResult): CaseResult {
  if (result.problem !== '') return result;
  if (result.cpuMs > LONGEST_CPU_MS) return { ...result, outcome: 'failure', problem: `took ${result.cpuMs} ms` };
  if (result.grownBytes <= MOST_GROWN_BYTES) return result;
  return { ...result, outcome: 'failure', problem: `memory grew by ${Math.round(result.grownBytes / 2 ** 20)} MB` };
}
