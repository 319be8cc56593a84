// node scripts/smoke.mjs [PROGRAM]
//
// Whether quantsweep works on this machine and this Node, in seconds: a small sweep in an empty
// folder, from the plan to the report and the exported model, by the program as a user starts it
// (dist/cli/main.js, or an installed one).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = resolve(process.argv[2] ?? join(root, 'dist/cli/main.js'));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'quantsweep-smoke-'));

const samples = 'format: synthetic, shape: [8, 48, 48], distribution: halfNormal, channelScales: { 0: 50 }, count: 8';
writeFileSync(
  join(folder, 'smoke.yaml'),
  `version: 1
name: smoke
model: { path: ${JSON.stringify(join(root, 'experiments/demo/bev-demo.onnx'))} }
data:
  calibration: { ${samples}, seed: 1, batchSize: 2, batches: 4 }
  evaluation: { ${samples}, seed: 2 }
task: fidelity
loss: { samples: 4 }
gate: { samples: 4 }
grid:
  - smoothing.alpha: [0.3, 0.6]
run: { provider: cpu }
`,
);

/** Runs the program in the folder; what it prints has to hold the text. */
function expectPrinted(text, ...args) {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status === 0 && `${stdout}${stderr}`.includes(text)) return;
  throw new Error(
    `Expected quantsweep ${args.join(' ')} to print ${JSON.stringify(text)} and end with 0, got ${error ?? status}:\n${stdout}${stderr}`,
  );
}

function expectFile(name, leastBytes) {
  const path = join(folder, name);
  const size = existsSync(path) ? statSync(path).size : 0;
  if (size < leastBytes) throw new Error(`Expected ${name} of at least ${leastBytes} bytes, got ${size}.`);
}

try {
  expectPrinted(version, '--version');
  expectPrinted('SQLite: works', 'doctor');
  expectPrinted('4 trials', 'plan', 'smoke.yaml');
  expectPrinted('4 trials run, 0 cached, 0 failed', 'run', 'smoke.yaml');
  expectPrinted('0 trials run, 4 cached, 0 failed', 'run', 'smoke.yaml');
  expectPrinted('"done": 4', 'query', `SELECT count(*) AS done FROM trial WHERE status = 'done'`, '--format', 'json');
  expectPrinted('index.html', 'report', 'smoke');
  expectFile('reports/smoke/smoke/index.html', 100_000);
  expectPrinted('model.onnx', 'export', 'best', '-o', 'model.onnx');
  expectFile('model.onnx', 100_000);
  console.log(`quantsweep ${version} works on Node ${process.versions.node}, ${process.platform} ${process.arch}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
