import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRedis, type RedisServer } from '../test/support/redis-server.js';
import { RunningAgent } from './running-agent.js';
import { runOnAgents } from './sweep-on-agents.js';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const scenes = path('../experiments/demo/scenes/dataset.mjs');
const demo = path('../experiments/demo/bev-demo.onnx');
const [resnet20, calibration, evaluation] = [
  path('../../shared/models/cifar10-resnet20.onnx'),
  path('../../shared/data/cifar10/data_batch_1.bin'),
  path('../../shared/data/cifar10/test_batch.bin'),
] as const;

/** Bytes that jobs of a kind have on the broker; the largest. */
export interface JobSizes {
  readonly subject: string;
  readonly kind: string;
  /** The message, signed. */
  readonly job: number;
  /** Large values that it names, packed. */
  readonly values: Readonly<Record<string, number>>;
  /** Packed. */
  readonly result: number;
}

interface Subject {
  readonly name: string;
  readonly files: readonly string[];
  readonly yaml: string;
}

/** @param images of resnet20's evaluation */
function subjects(images: number): readonly Subject[] {
  return ['max', 'entropy'].flatMap((calibrator): Subject[] => {
    const rest = `loss: { samples: 16 }
gate: { samples: 4 }
quantization: { activation: { calibrator: ${calibrator} } }
grid:
  - smoothing.alpha: [0.3, 0.5, 0.7]
run: { provider: cpu }
`;
    return [
      {
        name: `demo, ${calibrator}`,
        files: [demo, scenes],
        yaml: `version: 1
name: demo-${calibrator}
model: { path: ${demo} }
data:
  calibration: { format: module, path: ${scenes}, options: { seed: 2, scenes: 64 }, batchSize: 4, batches: 16 }
  evaluation: { format: module, path: ${scenes}, options: { seed: 3, scenes: 64 } }
task: centerDetection
${rest}`,
      },
      {
        name: `resnet20, ${calibrator}`,
        files: [resnet20, calibration, evaluation],
        yaml: `version: 1
name: resnet20-${calibrator}
model: { path: ${resnet20} }
data:
  calibration: { format: cifar10, path: ${calibration}, batchSize: 4, batches: 200 }
  evaluation: { format: cifar10, path: ${evaluation}, samples: ${images} }
  preprocess: { divideBy: 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }
task: classification
${rest}`,
      },
    ];
  });
}

/** What small sweeps on real models have on the broker. */
export async function measureBrokerSizes(folder: string, images: number): Promise<readonly JobSizes[]> {
  const code = createHash('sha256').update(readFileSync(scenes)).digest('hex');
  const sizes: JobSizes[] = [];
  const redis = await startRedis();
  for (const { name, files, yaml } of subjects(images)) {
    if (!files.every((file) => existsSync(file))) {
      console.log(`Skipped ${name}: ${files.join(', ')} are not all here.`);
      continue;
    }
    const file = `${/^name: (\S+)/m.exec(yaml)![1]!}.yaml`;
    writeFileSync(join(folder, file), yaml);
    const data = [...new Set(files.map((each) => dirname(each)))];
    const agent = new RunningAgent(redis, join(folder, `agent of ${name}`), data, 1, ['--allow-code', code]);
    await agent.prints(/is ready/);
    const seen = new SeenJobs(redis);
    await runOnAgents(redis, folder, file, () => {
      seen.look();
    });
    await agent.end();
    sizes.push(...seen.sizes(name));
  }
  await redis.stop();
  return sizes;
}

interface SeenJob {
  readonly kind: string;
  readonly job: number;
  readonly values: Readonly<Record<string, number>>;
  readonly result: number;
}

/** Jobs as they lie on the broker, read while a sweep runs. */
class SeenJobs {
  readonly #redis: RedisServer;
  readonly #jobs = new Map<string, SeenJob>();

  constructor(redis: RedisServer) {
    this.#redis = redis;
  }

  look(): void {
    for (const key of this.#redis.command('KEYS', 'quantsweep:bull:*').split('\n')) {
      if (!/:[0-9a-f]{40}-\d+$/.test(key) || (this.#jobs.get(key)?.result ?? 0) > 0) continue;
      const [data, returned] = [
        this.#redis.command('HGET', key, 'data'),
        this.#redis.command('HGET', key, 'returnvalue'),
      ];
      if (data === '') continue;
      const { kind, values } = messageIn(data) as { kind: string; values: Record<string, { bytes: number }> };
      const { result } = (returned === '' ? {} : messageIn(returned)) as { result?: { bytes: number } };
      this.#jobs.set(key, {
        ...{ kind, job: data.length, result: result?.bytes ?? 0 },
        values: Object.fromEntries(Object.entries(values).map(([name, { bytes }]) => [name, bytes])),
      });
    }
  }

  sizes(subject: string): readonly JobSizes[] {
    const jobs = [...this.#jobs.values()];
    return [...new Set(jobs.map(({ kind }) => kind))].map((kind) => {
      const own = jobs.filter((job) => job.kind === kind);
      const values: Record<string, number> = {};
      for (const [name, bytes] of own.flatMap((job) => Object.entries(job.values))) {
        values[name] = Math.max(values[name] ?? 0, bytes);
      }
      const most = (of: (job: SeenJob) => number): number => Math.max(...own.map(of));
      return { subject, kind, job: most(({ job }) => job), values, result: most(({ result }) => result) };
    });
  }
}

function messageIn(sealed: string): unknown {
  return JSON.parse((JSON.parse(sealed) as { readonly text: string }).text);
}
