import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sayEnvironment } from './measure/environment.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';
import { median } from './measure/spread.js';

const scenes = fileURLToPath(new URL('../experiments/demo/scenes/dataset.mjs', import.meta.url));
const model = fileURLToPath(new URL('../experiments/demo/bev-demo.onnx', import.meta.url));
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const TRIALS = Number(process.env['QUANTSWEEP_BENCH_TRIALS'] ?? bySize({ quick: 40, part: 150, full: 500 }));
/**
 * Of the trials. At the start caches of models, datasets and compiled code fill: the first tenth
 * tells nothing of leaks.
 */
const DECILES = 10;
const SAMPLE_MS = 200;

/**
 * fp32, unsmoothed and static alphas, on few samples: what is looked at is what stays behind of
 * each trial.
 */
const experiment = `version: 1
name: memory
model: { path: ${JSON.stringify(model)} }
data:
  calibration: { format: module, path: ${JSON.stringify(scenes)}, options: { seed: 2, scenes: 8 }, batchSize: 2, batches: 4 }
  evaluation: { format: module, path: ${JSON.stringify(scenes)}, options: { seed: 3, scenes: 4 }, batchSize: 4 }
task: { kind: centerDetection, bootstrap: 20 }
loss: { samples: 2, modes: [accumulated] }
gate: { samples: 1 }
grid:
  - smoothing.alpha: ${JSON.stringify(Array.from({ length: TRIALS - 2 }, (_, index) => Number(((index + 1) / TRIALS).toFixed(6))))}
run: { provider: cpu, slots: 2, threads: 1 }
`;

/** Resident megabytes of a process; null where it has ended. */
function residentMb(pid: number): number | null {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? null : Number(kilobytes) / 1024;
  } catch {
    return null;
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        // The name in parentheses may hold anything; the parent is the second field after it.
        return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}

interface Sample {
  /** Share of the trials that are finished, 0..1. */
  readonly done: number;
  readonly process: string;
  readonly mb: number;
}

const environment = sayEnvironment(`Memory of a sweep of ${TRIALS} trials on the demo model`);
const folder = mkdtempSync(join(tmpdir(), 'quantsweep-memory-'));
writeFileSync(join(folder, 'memory.yaml'), experiment);
const start = performance.now();
const running = spawn(process.execPath, [main, 'run', 'memory.yaml', '--allow-code'], {
  cwd: folder,
  stdio: ['ignore', 'pipe', 'inherit'],
});
let finished = 0;
running.stdout.on('data', (chunk: Buffer) => {
  for (const [, number] of chunk.toString('utf8').matchAll(/\[\s*(\d+)\/\d+\]/g))
    finished = Math.max(finished, Number(number));
});
const samples: Sample[] = [];
const names = new Map<number, string>();
const timer = setInterval(() => {
  const children = childrenOf(running.pid!);
  for (const pid of [running.pid!, ...children]) {
    const name = names.get(pid) ?? (pid === running.pid ? 'parent' : `child ${names.size}`);
    names.set(pid, name);
    const mb = residentMb(pid);
    if (mb !== null) samples.push({ done: finished / TRIALS, process: name, mb });
  }
}, SAMPLE_MS);
const code = await new Promise((resolve) => running.on('close', resolve));
clearInterval(timer);
if (code !== 0) throw new Error(`Expected the sweep to end with 0, got ${String(code)}.`);

const seconds = (performance.now() - start) / 1000;
console.log(
  `${TRIALS} trials in ${seconds.toFixed(0)} s, ${finished} seen; median resident MB of each tenth of the trials`,
);
const rows = [...new Set(names.values())].map((name) => {
  const deciles = Array.from({ length: DECILES }, (_, decile) => {
    const own = samples.filter(
      ({ process: of, done }) => of === name && Math.min(DECILES - 1, Math.floor(done * DECILES)) === decile,
    );
    return own.length === 0 ? null : median(own.map(({ mb }) => mb));
  });
  const [second, last] = [deciles[1], deciles.at(-1)];
  const [first] = deciles;
  const ratio = first && last ? last / first : null;
  const afterWarmUp = second && last ? last / second : null;
  const words = deciles.map((mb) => mb?.toFixed(0) ?? '-').join(' ');
  console.log(
    `${name.padEnd(9)} ${words}   last/first ${ratio?.toFixed(2) ?? '-'}, last/second ${afterWarmUp?.toFixed(2) ?? '-'}`,
  );
  return { name, deciles, ratio, afterWarmUp };
});
writeResult('memory', { environment, trials: TRIALS, seconds, rows });
rmSync(folder, { recursive: true });
