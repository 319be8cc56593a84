import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Runs programs of this machine on a CPU with fewer instruction sets (Debian: qemu-user). */
const emulator = '/usr/bin/qemu-x86_64';
const isThere = process.arch === 'x64' && process.platform === 'linux' && existsSync(emulator);

const runJob = new URL('../../../dist/engine/jobs/run-job.js', import.meta.url).href;
const script = `
  const { runJob } = await import(${JSON.stringify(runJob)});
  const session = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: 'all' };
  console.log((await runJob({ kind: 'numerics' }, session, () => undefined)).value.numericsClass);
`;

function classOn(cpu: string): string {
  const program = [process.execPath, '--input-type=module', '-e', script];
  return execFileSync(emulator, ['-cpu', cpu, ...program], {
    encoding: 'utf8',
    // It warns of features of the CPU that it has not.
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

describe.skipIf(!isThere)(`numerics classes of emulated CPUs (needs ${emulator})`, { timeout: 900_000 }, () => {
  it('tell SSE, AVX and AVX2 apart, and not two CPUs with the same instruction sets', () => {
    const [sse, avx, avx2, other] = ['Nehalem', 'SandyBridge', 'Haswell', 'EPYC-Rome'].map(classOn);
    for (const each of [sse, avx, avx2]) expect(each).toMatch(/^cpu-[0-9a-f]{12}$/);
    expect(new Set([sse, avx, avx2]).size).toBe(3);
    expect(other).toBe(avx2);
  });
});
