/** Run as a child by run-fuzz.ts, as a reader that hangs or crashes must not end the tests: cases of one format. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaseResult, FuzzMessage } from './case-result.js';
import { formats } from './formats.js';
import { judgeError } from './judge-error.js';
import { Random } from './random.js';

const [name, seed, first, end] = process.argv.slice(2) as [string, string, string, string];
const position = formats.findIndex((format) => format.name === name);
const format = formats[position]!;
const folder = mkdtempSync(join(tmpdir(), 'quantsweep-fuzz-'));
process.on('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});

/** A field of Linux's process status in bytes; 0 on other systems. */
function memory(field: 'VmHWM' | 'VmRSS'): number {
  try {
    const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Lets the peak start anew at what is in memory now. */
function resetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Other systems: the memory column stays empty.
  }
}

function send(message: FuzzMessage): Promise<void> {
  return new Promise((resolve) => process.send!(message, undefined, undefined, () => {
    resolve();
  }));
}

async function runCase(index: number): Promise<CaseResult> {
  const { what, read } = format.makeCase(new Random(Number(seed) + 1_000_003 * position + index));
  await send({ kind: 'start', format: name, index, what });
  globalThis.gc?.();
  resetPeak();
  const before = memory('VmRSS');
  const start = process.cpuUsage();
  let outcome = 'accepted';
  let problem = '';
  try {
    await read(folder);
  } catch (error) {
    const judged = judgeError(error);
    outcome = judged === null ? (error as Error).name : 'failure';
    problem = judged ?? '';
  }
  const { user, system } = process.cpuUsage(start);
  const grownBytes = Math.max(0, memory('VmHWM') - before);
  return { format: name, index, what, outcome, problem, cpuMs: (user + system) / 1000, grownBytes };
}

for (let index = Number(first); index < Number(end); index++) await send({ kind: 'end', result: await runCase(index) });
await send({ kind: 'done' });
process.disconnect();
