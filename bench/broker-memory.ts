import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { smallNetwork } from '../test/engine/small-network.js';
import { npyArray } from '../test/formats/npy-bytes.js';
import { modelBytes } from '../test/onnx/build-model.js';
import { randomFloats } from '../test/onnx/pseudo-random.js';
import { startRedis } from '../test/support/redis-server.js';
import { RunningAgent } from './running-agent.js';
import { runOnAgents } from './sweep-on-agents.js';

const SAMPLES = 84;
const VALUES = 3 * 6 * 6;
/** Trials that share an observation. */
const ALPHAS = 20;

/** Memory of Redis over a sweep. */
export interface BrokerMemory {
  readonly trials: number;
  readonly observations: number;
  readonly seconds: number;
  /** CPU of the whole coordinator by trial, database included. */
  readonly coordinatorMsPerTrial: number;
  readonly emptyBytes: number;
  readonly samples: readonly { readonly finished: number; readonly peakBytes: number; readonly values: number }[];
  /** What is left when it and its agent have ended. */
  readonly keysLeft: number;
  readonly bytesLeft: number;
}

/**
 * Peak memory of Redis over a sweep whose trials read histograms, with a new observation for each
 * twenty trials.
 *
 * @param marks numbers of finished trials after which it is looked at
 */
export async function measureBrokerMemory(
  folder: string,
  trials: number,
  marks: readonly number[],
): Promise<BrokerMemory> {
  const path = (name: string): string => join(folder, name);
  writeFileSync(path('tiny.onnx'), modelBytes(smallNetwork('N')));
  writeFileSync(path('samples.npy'), npyArray('<f4', [SAMPLES, 3, 6, 6], randomFloats(7, SAMPLES * VALUES)));
  writeFileSync(
    path('labels.npy'),
    npyArray(
      '<i4',
      [SAMPLES],
      Int32Array.from({ length: SAMPLES }, (_, i) => (7 * i) % 10),
    ),
  );
  const observations = Math.ceil(trials / ALPHAS);
  const list = (count: number, at: (index: number) => number): string =>
    JSON.stringify(Array.from({ length: count }, (_, index) => at(index)));
  writeFileSync(
    path('entropy.yaml'),
    `version: 1
name: entropy
model: { path: tiny.onnx }
data:
  calibration: { format: npy, path: samples.npy, batchSize: 4, batches: 8 }
  evaluation: { format: npy, path: samples.npy, labels: labels.npy, batchSize: 4 }
task: classification
loss: { samples: 4, modes: [accumulated] }
gate: { samples: 1 }
quantization: { activation: { calibrator: entropy } }
baselines: []
grid:
  - data.calibration.sampleSeed: ${list(observations, (index) => index)}
    smoothing.alpha: ${list(ALPHAS, (index) => (index + 1) / (ALPHAS + 1))}
run: { provider: cpu }
`,
  );
  const redis = await startRedis();
  const agent = new RunningAgent(redis, path('agent'), [folder], 2);
  try {
    await agent.prints(/is ready/);
    const emptyBytes = redis.usedMemory();
    const samples: { finished: number; peakBytes: number; values: number }[] = [];
    const run = await runOnAgents(redis, folder, 'entropy.yaml', (finished) => {
      while (samples.length < marks.length && finished >= marks[samples.length]!) {
        const values = redis
          .command('KEYS', 'quantsweep:value:*')
          .split('\n')
          .filter((key) => key !== '').length;
        samples.push({ finished, peakBytes: redis.usedMemoryPeak(), values });
      }
    });
    await agent.end();
    return {
      ...{ trials: observations * ALPHAS, observations, seconds: run.seconds, emptyBytes, samples },
      coordinatorMsPerTrial: run.coordinatorMs / (observations * ALPHAS),
      keysLeft: Number(redis.command('DBSIZE').split(' ').at(-1)),
      bytesLeft: redis.usedMemory(),
    };
  } finally {
    await agent.end();
    await redis.stop();
  }
}
