import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { compareDatabases } from './compare-databases.js';
import { Rack } from './rack.js';
import { runLocally } from './run-locally.js';

const scenes = fileURLToPath(new URL('../../experiments/demo/scenes/', import.meta.url));

/** Reading a sample of it ends the agent, where the agent says so. */
const poison = `import scenes from './dataset.mjs';
export default async (given) => {
  const dataset = await scenes(given);
  const read = (...samples) => {
    if (process.env.QUANTSWEEP_TEST_POISON) process.kill(process.ppid, 'SIGKILL');
    return dataset.read(...samples);
  };
  return { ...dataset, read };
};
`;

const experiment = `version: 1
name: poison
model: { path: model.onnx }
data:
  calibration: { format: module, path: scenes/dataset.mjs, options: { seed: 2, scenes: 8 }, batchSize: 2, batches: 1 }
  evaluation: { format: module, path: scenes/dataset.mjs, options: { seed: 3, scenes: 8 }, batchSize: 4 }
task: { kind: centerDetection, bootstrap: 20 }
loss: { samples: 4, modes: [accumulated] }
gate: { samples: 2 }
baselines: [fp32]
grid:
  - smoothing.alpha: [0.4, 0.6]
    data.calibration.path: [scenes/dataset.mjs, scenes/poison.mjs]
run: { provider: cpu, slots: 2, threads: 1, retries: 4 }
`;

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

describeWithRedis('work that kills its agent each time', () => {
  let rack: Rack;
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-poison-'));
  beforeAll(async () => {
    rack = await Rack.start({ experiment });
    for (const each of [folder, rack.folder]) {
      cpSync(scenes, join(each, 'scenes'), { recursive: true });
      writeFileSync(join(each, 'scenes', 'poison.mjs'), poison);
    }
  });
  afterAll(async () => {
    await rack.stop();
    rmSync(folder, { recursive: true });
  });

  it('fails its trials after two agents, the rest finishes, and all of it when it is no poison', async () => {
    const allowed = [sha256(poison), sha256(readFileSync(join(scenes, 'dataset.mjs')))];
    const options = { data: [folder], args: allowed.flatMap((each) => ['--allow-code', each]) };
    const local = await runLocally(folder, experiment);
    const run = rack.run({ args: ['--allow-code'] });
    // As a scheduler of a cluster does: an agent that is lost is replaced.
    let started = 0;
    const keepAgent = async (): Promise<number> => {
      for (let lost = 0; ; lost++) {
        const agent = rack.startAgent(`a${++started}`, { ...options, env: { QUANTSWEEP_TEST_POISON: '1' } });
        const isReplaced = await Promise.race([agent.exit.then(() => true), run.exit.then(() => false)]);
        if (isReplaced) continue;
        // It would take work of the next run.
        await agent.end();
        return lost;
      }
    };
    const keeping = Promise.all([keepAgent(), keepAgent()]);
    const { code, stdout, stderr } = await run.exit;
    expect(code, stdout + stderr).toBe(1);
    expect(stdout).toMatch(/3 trials run, 0 cached, 2 failed/);
    expect(stdout + stderr).not.toMatch(/\n\s+at /);
    const lost = (await keeping).reduce((sum, each) => sum + each, 0);
    expect(lost).toBe(2);
    expect(
      rack.rows(
        `SELECT part, count(*), count(DISTINCT agent), max(error_class) FROM attempt WHERE status = 'failed' GROUP BY 1`,
      ),
    ).toEqual([['batches 0-1', 2, 2, 'AgentLost']]);

    await rack.agent('healthy', options);
    const again = rack.run({ args: ['--allow-code'] });
    const ended = await again.exit;
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect(compareDatabases(local, rack.database)).toEqual({});
  });
});
