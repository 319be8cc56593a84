import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryDatabase, type SqlValue } from '../../src/store/query/query-database.js';
import type { AgentRecord } from '../../src/records/agent-record.js';
import { demoModel, Running, type Ended } from '../cli/command-line.js';
import { faultExperiment } from '../faults/fault-sweep.js';
import { startRedis, type RedisOptions, type RedisServer } from '../support/redis-server.js';
import { BrokerProcess } from './broker-process.js';
import { Machine } from './machine.js';
import { startAgent, type AgentOptions } from './start-agent.js';
import { until } from './until.js';

/** What is not given is the rack's. */
export type RackAgentOptions = Partial<Omit<AgentOptions, 'redis' | 'folder'>>;

export interface RunOptions {
  readonly args?: readonly string[];
  readonly url?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A row of `quantsweep agents --format json`. */
export interface ListedAgent extends Pick<AgentRecord, 'provider' | 'slots' | 'state'> {
  readonly agent: string;
  readonly label: string | null;
  readonly busy: number;
  readonly note: string | null;
}

/**
 * A broker, the folder of a coordinator, and machines for agents, each with its own copies of model
 * and data under names of its own. The programs are the real ones.
 */
export class Rack {
  readonly redis: RedisServer;
  /** Of the coordinator: the experiment, its model, and its database. */
  readonly folder: string;
  readonly #root: string;
  readonly #processes: BrokerProcess[] = [];

  private constructor(root: string, redis: RedisServer, experiment: string) {
    this.#root = root;
    this.redis = redis;
    this.folder = join(root, 'coordinator');
    mkdirSync(this.folder);
    copyFileSync(demoModel, join(this.folder, 'model.onnx'));
    writeFileSync(join(this.folder, 'sweep.yaml'), experiment);
  }

  /** @param experiment its model is `model.onnx` */
  static async start(options: RedisOptions & { readonly experiment?: string } = {}): Promise<Rack> {
    const root = mkdtempSync(join(tmpdir(), 'quantsweep-rack-'));
    return new Rack(root, await startRedis(options), options.experiment ?? faultExperiment(60));
  }

  get database(): string {
    return join(this.folder, 'quantsweep.db');
  }

  /** A machine for an agent of that name. */
  machine(name: string): Machine {
    return new Machine(join(this.#root, name, 'machine'));
  }

  /** A folder with what the sweep reads, as the agent's machine has it. */
  dataOf(name: string): string {
    const data = join(this.#root, name, 'data');
    mkdirSync(join(data, 'deep'), { recursive: true });
    const scenes = join(tmpdir(), 'quantsweep-demo-scenes');
    copyFileSync(demoModel, join(data, 'deep', `${name}.onnx`));
    const experiment = readFileSync(join(this.folder, 'sweep.yaml'), 'utf8');
    for (const file of new Set(experiment.match(/scenes-[\d-]+\.(?:npy|json)/g))) {
      copyFileSync(join(scenes, file), join(data, `${name}-${file}`));
    }
    return data;
  }

  /** Starts an agent and waits until it takes work. */
  async agent(name: string, options: RackAgentOptions = {}): Promise<BrokerProcess> {
    const agent = this.startAgent(name, options);
    await agent.prints(/is ready/);
    return agent;
  }

  startAgent(name: string, { data, args = [], env = {}, ...options }: RackAgentOptions = {}): BrokerProcess {
    return this.#started(
      startAgent({
        ...{ redis: this.redis, folder: join(this.#root, name), data: data ?? [this.dataOf(name)], ...options },
        args: ['--label', name, ...args],
        env: { ...this.machine(name).env, ...env },
      }),
    );
  }

  /** Starts a coordinator. */
  run({ args = [], url, env = {} }: RunOptions = {}): BrokerProcess {
    return this.#started(
      new BrokerProcess(['run', 'sweep.yaml', '--broker', url ?? this.redis.url, ...args], this.folder, {
        ...this.redis.environment('coordinator'),
        ...env,
      }),
    );
  }

  #started(started: BrokerProcess): BrokerProcess {
    this.#processes.push(started);
    return started;
  }

  /** The coordinator's program with other arguments, e.g. `cancel faults`. */
  command(...args: readonly string[]): Promise<Ended> {
    const env = this.redis.environment('coordinator');
    return new Running([...args, '--broker', this.redis.url], this.folder, { env }).ended;
  }

  /** What `quantsweep agents` says, by label. */
  async agents(): Promise<ReadonlyMap<string | null, ListedAgent>> {
    const { stdout, stderr, code } = await this.command('agents', '--format', 'json');
    if (code !== 0) throw new Error(`Expected agents to be listed; exit code ${code}: ${stderr}`);
    return new Map((JSON.parse(stdout) as readonly ListedAgent[]).map((row) => [row.label, row]));
  }

  /** Waits until `quantsweep agents` says so of an agent. */
  async seen(label: string, isSo: (agent: ListedAgent | undefined) => boolean): Promise<void> {
    await until(async () => isSo((await this.agents()).get(label)));
  }

  rows(sql: string): readonly (readonly SqlValue[])[] {
    return queryDatabase(this.database, sql).rows;
  }

  /** Ends everything. What the programs printed comes first where a test has failed. */
  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.end()));
    await this.redis.stop();
    rmSync(this.#root, { recursive: true, force: true });
  }
}
