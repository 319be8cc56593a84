import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { addNote } from '../../src/api/notes.js';
import { serveDatabase, type Serving } from '../../src/serve/serve-database.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { Running, quantsweep, temporaryFolder } from '../cli/command-line.js';
import { smallNetwork } from '../engine/small-experiment.js';
import { modelBytes } from '../onnx/build-model.js';
import { ask } from './ask.js';

/**
 * Samples that come only once a file called `go` is there; until then the worker is at work, and
 * says so every second: what was written before the sweep began is forgotten. It writes to both
 * streams. It waits without blocking its thread, whose second line would never leave it. A single
 * sample comes at once: memory is measured with it before the first attempt.
 */
const dataset = `
import { existsSync } from 'node:fs';
export default ({ options }) => ({
  sampleShape: [3, 6, 6],
  sampleCount: options.samples,
  labels: Array.from({ length: options.samples }, (_, sample) => sample % 10),
  async read(first, count) {
    for (let waits = 0; waits === 0 || (count > 1 && !existsSync(options.go)); waits++) {
      if (waits % 50 === 0) {
        console.log('reading from ' + first);
        console.error('password in https://me:secret@host/data');
      }
      if (count > 1 && !existsSync(options.go)) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return Float32Array.from({ length: count * 108 }, (_, index) => Math.sin((first * 108 + index) * 12.9898));
  },
});`;

const servings: Serving[] = [];
const runs: Running[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) run.child.kill('SIGKILL');
  for (const serving of servings.splice(0)) await serving.close();
});

/** A folder with a sweep of three trials whose data wait for the file `go`. */
function waitingSweep(): { readonly folder: string; readonly go: string; readonly database: string } {
  const folder = temporaryFolder();
  const go = join(folder, 'go');
  mkdirSync(join(folder, 'code'));
  writeFileSync(join(folder, 'net.onnx'), modelBytes(smallNetwork('N')));
  writeFileSync(join(folder, 'code/data.mjs'), dataset);
  const source = (samples: number): string =>
    `format: module, path: code/data.mjs, options: { samples: ${samples}, go: ${JSON.stringify(go)} }`;
  writeFileSync(
    join(folder, 'a.yaml'),
    `version: 1
name: waiting
model: { path: net.onnx }
data:
  calibration: { ${source(16)}, batchSize: 2, batches: 4 }
  evaluation: { ${source(40)}, batchSize: 8 }
task: classification
loss: { samples: 4 }
gate: { samples: 2 }
grid: { smoothing.alpha: [0.5] }
run: { provider: cpu, slots: 2, threads: 1 }
`,
  );
  return { folder, go, database: join(folder, 'quantsweep.db') };
}

/** Runs the sweep until its workers wait. */
async function runUntilWaiting(folder: string, go: string, database: string): Promise<Running> {
  // Opening the data reads samples, too.
  writeFileSync(go, '');
  const run = new Running(['run', 'a.yaml', '--allow-code'], folder);
  runs.push(run);
  await run.printed('Results go to');
  rmSync(go);
  // Samples are read, and said to be, before the first attempt begins.
  const waits = `SELECT 1 FROM v_worker_log l, v_attempt a WHERE l.text LIKE '%reading from%password%' AND a.status = 'running'`;
  while (queryDatabase(database, waits).rows.length === 0) {
    if (run.child.exitCode !== null) throw new Error(`The run ended: ${run.stdout}${run.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return run;
}

async function serve(database: string): Promise<string> {
  const serving = await serveDatabase({
    ...{ database, sweeps: [], host: '127.0.0.1', port: 0, allowRemote: false },
    ...{ warn: () => undefined, events: { lookMs: 20, newsMs: 20, heartbeatMs: 50 } },
  });
  servings.push(serving);
  return serving.url;
}

/** The live section of the sweep's page as text; empty without one. */
async function liveSection(url: string): Promise<string> {
  const { body } = await ask(url, 'waiting/');
  const section = /<section id="live">[^]*?<\/section>/.exec(body)?.[0] ?? '';
  return section.replaceAll(/<script[^]*?<\/script>|<pre><code[^]*?<\/pre>/g, '').replaceAll(/<[^>]+>/g, ' ');
}

describe('a page while a sweep runs', () => {
  it('has its states, logs and notes, and the run goes on to its answer', async () => {
    const { folder, go, database } = waitingSweep();
    const run = await runUntilWaiting(folder, go, database);
    const url = await serve(database);
    const live = await liveSection(url);
    expect(live).toMatch(/0 of 3 trials done.*3 pending\./s);
    expect(live).toContain(`Running since`);
    expect(live).toContain(`(process ${run.child.pid!} on`);
    for (const device of ['cpu:0', 'cpu:1']) expect(live).toMatch(new RegExp(`${device}.*(running|waiting)`, 's'));
    expect(live).toMatch(/(reference|observe)\s+running/);
    expect(live).toContain('What the workers wrote last');
    expect(live).toContain('password in https://***@host/data');
    expect(live).not.toContain('secret');
    expect((await quantsweep(folder, 'status')).stdout).toContain(`running now (process ${run.child.pid!} on`);
    expect(addNote(database, { text: 'written meanwhile' }).changed).toBe(1);
    writeFileSync(go, '');
    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /3 trials run, 0 cached, 0 failed\.\n\n[^]*Recommended: [^]*Next: quantsweep report waiting/,
    );
    expect(await liveSection(url)).toBe('');
    const { body } = await ask(url, 'waiting/');
    expect(body).toContain('written meanwhile');
  });

  it('calls nothing running once the run was killed, and keeps its last words', async () => {
    const { folder, go, database } = waitingSweep();
    const run = await runUntilWaiting(folder, go, database);
    const url = await serve(database);
    run.child.kill('SIGKILL');
    await run.ended;
    const live = await liveSection(url);
    expect(live).toMatch(/^\s*Not finished/);
    expect(live).toContain('0 of 3 trials done , 3 pending. No run is active');
    expect(live).toContain('cut off');
    expect(live).not.toMatch(/\brunning\b/);
    expect(live).toContain('password in https://***@host/data');
    const { stdout } = await quantsweep(folder, 'status');
    expect(stdout).toContain('cut off: the run was killed');
    expect(stdout).toContain('cpu:0  ');
  });
});
