import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { describeContent } from '../../content/describe-content.js';
import { replacePaths } from '../../content/replace-paths.js';
import type { Engine } from '../../engine/engine.js';
import { PREFERRED } from '../../engine/providers/providers.js';
import type { ResolvedProvider } from '../../engine/providers/resolve-provider.js';
import { localEngine } from '../../engine/local/local-engine.js';
import type { RunSettings } from '../../experiment/sections/settings.js';
import type { TaskSettings } from '../../tasks/task-settings.js';
import type { AgentRecord } from '../../records/agent-record.js';
import { asBrokerError } from '../as-broker-error.js';
import type { BrokerAddress } from '../broker-address.js';
import { connectToBroker, leaveBroker } from '../connection.js';
import { LEASE_SECONDS } from '../protocol/names.js';
import { Directory } from '../protocol/directory.js';
import { Seal } from '../protocol/seal.js';
import type { OnBrokerNews } from './broker-news.js';
import { QueueExecutor, type DescribedSweep } from './queue-executor.js';
import { strangersText } from './strangers-text.js';
import { sweepId } from './sweep-id.js';

/** Who listens to a sweep's agents. */
export interface BrokerListener {
  readonly onNews: OnBrokerNews;
  /** The agents as they are, every few seconds. */
  readonly onAgents: (agents: readonly AgentRecord[]) => void;
  /** The sweep was called off by `quantsweep cancel`. */
  readonly onCancelled: () => void;
}

/** The sweep that an engine is for. */
export interface OwnSweep {
  readonly name: string;
  /** Path of its database. */
  readonly database: string;
  /** Of its trials; they may name code. */
  readonly tasks: readonly TaskSettings[];
  /** Seconds after which the work of a silent agent is given to another one. */
  readonly leaseSeconds?: number;
  /** Of the agents that run it; absent: that of what is finished, or the one with most slots. */
  readonly numericsClass?: string;
}

/** Runs a sweep on agents; closed when it is no longer used. */
export interface BrokerEngine extends Engine {
  close(): Promise<void>;
}

/**
 * Connects to a broker, and runs the jobs of an experiment on its agents. What looks at models
 * before the sweep runs on this machine.
 *
 * @throws BrokerError
 */
export async function brokerEngine(
  address: BrokerAddress,
  { name, database, tasks, leaseSeconds = LEASE_SECONDS, numericsClass }: OwnSweep,
  listener: BrokerListener,
): Promise<BrokerEngine> {
  const redis = await connectToBroker(address, (contact) => {
    listener.onNews(
      contact === 'lost' ? `The broker at ${address.text} is gone. Waiting for it.` : 'The broker is back.',
    );
  });
  const subscriber = redis.duplicate();
  subscriber.on('error', () => undefined);
  const seal = new Seal(address.secret);
  const directory = new Directory(redis, seal);
  const local = localEngine();
  return {
    host: local.host,
    slots: (settings, provider) => {
      const { optimizationLevel, allowFallback } = settings;
      return [
        { device: address.text, session: { provider, deviceId: 0, threads: 1, optimizationLevel, allowFallback } },
      ];
    },
    isElsewhere: true,
    resolveProvider: (settings) =>
      providerOfAgents(settings, directory, listener.onNews).catch((cause: unknown) => {
        throw asBrokerError(cause, address);
      }),
    open: ({ slots, hangSeconds, memoryMb, inputs }) => {
      const { provider, optimizationLevel, allowFallback = false } = slots[0]!.session;
      const id = sweepId(name, database);
      const describe = async (): Promise<DescribedSweep> => {
        const models = inputs.flatMap((input) => (input.kind === 'model' ? [input.path] : []));
        const sources = inputs.flatMap((input) => (input.kind === 'data' ? [input.source] : []));
        const { items, tokens } = await describeContent({ models, sources, tasks });
        const sweep = {
          ...{ id, name, host: hostname(), since: new Date().toISOString() },
          ...{ leaseSeconds, hangSeconds, memoryMb, items, session: { optimizationLevel, allowFallback } },
          inputs: replacePaths(inputs, tokens).map((input) => ({ ...input, stamp: '' })),
        };
        return { sweep, tokens };
      };
      return new QueueExecutor({
        address,
        redis,
        subscriber,
        seal,
        provider,
        describe,
        sweep: id,
        numericsClass: numericsClass ?? null,
        ...listener,
      });
    },
    close: async () => {
      await leaveBroker(redis);
      await leaveBroker(subscriber);
    },
  };
}

/**
 * Of `run.provider: auto`: CUDA where an agent offers it, else CPU. That is known once an agent is
 * there, so one is waited for.
 */
async function providerOfAgents(
  { provider: wanted }: RunSettings,
  directory: Directory,
  onNews: OnBrokerNews,
): Promise<ResolvedProvider> {
  if (wanted !== 'auto') return { provider: wanted, why: `${wanted}, as requested, on agents` };
  for (let told = ''; ;) {
    const offered = new Set((await directory.agents()).map(({ handshake }) => handshake.provider));
    for (const provider of [PREFERRED, 'cpu'] as const) {
      if (offered.has(provider)) return { provider, why: `${provider}, because agents offer it` };
    }
    const news = `Waiting for agents with cuda or cpu: run.provider is auto, so the first to come decides.${strangersText(directory.strangeAgents)}`;
    if (news !== told) onNews(news);
    told = news;
    await pause(1000);
  }
}
