import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inWords } from './measure/ratios.js';
import { benchSize, SIZE_VARIABLE, type Size } from './measure/size.js';

/** In the order in which all are run: what a sweep costs first. */
const all = [
  'trial',
  'sweep',
  'search',
  'passes',
  'observe',
  'moments',
  'derivation',
  'rounding',
  'seed',
  'startup',
  'report',
  'store',
  'memory',
  'detection',
  'broker',
] as const;

interface Ended {
  readonly name: string;
  readonly failed: boolean;
  readonly ms: number;
}

/** A process of its own: memory and what native code keeps do not mix. */
async function runBenchmark(name: string, size: Size): Promise<Ended> {
  const start = performance.now();
  const child = fork(fileURLToPath(new URL(`./${name}.ts`, import.meta.url)), [], {
    env: { [SIZE_VARIABLE]: size, ...process.env },
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { name, failed: code !== 0, ms: performance.now() - start };
}

/**
 * `npm run bench`: every benchmark at its share of fifteen minutes; `npm run bench -- NAME ...`:
 * those, in full.
 */
const named = process.argv.slice(2);
// A size that is none is refused here, before it fails in every benchmark.
benchSize();
const unknown = named.filter((name) => !all.some((known) => known === name));
if (unknown.length > 0) {
  console.error(`Expected benchmarks (${all.join(', ')}), got "${unknown.join(' ')}".`);
  process.exitCode = 1;
} else {
  const ended: Ended[] = [];
  for (const name of named.length > 0 ? named : all) {
    console.log(`\n== ${name}`);
    ended.push(await runBenchmark(name, named.length > 0 ? 'full' : 'part'));
  }
  console.log('');
  for (const { name, failed, ms } of ended) {
    console.log(`${name.padEnd(12)} ${inWords(ms).padStart(9)}${failed ? '   FAILED' : ''}`);
  }
  console.log(`${'all'.padEnd(12)} ${inWords(ended.reduce((sum, { ms }) => sum + ms, 0)).padStart(9)}`);
  if (ended.some(({ failed }) => failed)) process.exitCode = 1;
}
