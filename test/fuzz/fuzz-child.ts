/**
 * Run as a child by run-fuzz.ts, as a reader that hangs or crashes must not end the tests: spans of
 * cases.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaseResult, CaseSpan, FuzzMessage } from './case-result.js';
import { formatNamed, randomOf } from './formats.js';
import { judgeError } from './judge-error.js';

/**
 * More in memory than after the last collection: garbage of the cases before, which would hide what
 * the next one takes.
 */
const MOST_GARBAGE_BYTES = 2 ** 24;

const [seed, spans] = process.argv.slice(2) as [string, string];
const folder = mkdtempSync(join(tmpdir(), 'quantsweep-fuzz-'));
// Nobody watches any more.
process.on('disconnect', () => process.exit());
if (!process.connected) process.exit();
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
  return new Promise((resolve) => {
    process.send!(message, undefined, undefined, () => {
      resolve();
    });
  });
}

let afterCollection = 0;
function collectGarbage(): void {
  if (memory('VmRSS') <= afterCollection + MOST_GARBAGE_BYTES) return;
  globalThis.gc?.();
  afterCollection = memory('VmRSS');
}

async function runCase(format: string, index: number): Promise<CaseResult> {
  const made = formatNamed(format).makeCase(randomOf(Number(seed), format, index));
  const { what } = made;
  await send({ kind: 'start', format, index, what });
  collectGarbage();
  resetPeak();
  const before = memory('VmRSS');
  const start = process.cpuUsage();
  let outcome = 'accepted';
  let said = '';
  let problem = '';
  try {
    await made.read(folder);
  } catch (error) {
    const judged = judgeError(error);
    outcome = judged === null ? (error as Error).name : 'failure';
    problem = judged ?? '';
    said = pattern(error);
  }
  const { user, system } = process.cpuUsage(start);
  const grownBytes = Math.max(0, memory('VmHWM') - before);
  return { format, index, what, outcome, said, problem, cpuMs: (user + system) / 1000, grownBytes };
}

/** A message's first line without places, quoted names, lists and numbers. */
function pattern(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line
    .replace(/"[^"]*"?|'[^']*'?|\[[^\]]*\]?|\([^)]*\)?/g, '_')
    .replace(/-?\d[\w.]*/g, 'N')
    .slice(0, 160);
}

for (const { format, first, end } of JSON.parse(spans) as readonly CaseSpan[]) {
  for (let index = first; index < end; index++) await send({ kind: 'end', result: await runCase(format, index) });
}
process.disconnect();
