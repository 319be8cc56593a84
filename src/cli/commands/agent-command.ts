import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { brokerOf, brokerOption, withCredentials, type BrokerArguments } from './broker-options.js';

interface AgentArguments extends BrokerArguments {
  readonly provider: 'auto' | 'cpu' | 'cuda' | 'webgpu';
  readonly slots: number | undefined;
  readonly data: readonly string[];
  readonly cache: string;
  readonly 'cache-gb': number;
  readonly fetch: readonly string[];
  readonly 'exit-when-idle': number | undefined;
  readonly grace: number;
  readonly 'allow-code': readonly string[];
  readonly label: string | undefined;
}

const list = { type: 'string', array: true, nargs: 1, default: [] as string[] } as const;

export const agentCommand: CommandModule<object, AgentArguments> = {
  command: 'agent',
  describe: 'Run work of other machines’ sweeps here, from a broker',
  builder: (yargs) =>
    withCredentials(yargs)
      .option('broker', { ...brokerOption, demandOption: true })
      .option('provider', {
        choices: ['auto', 'cpu', 'cuda', 'webgpu'] as const,
        default: 'auto' as const,
        describe: 'Execution provider to offer; auto: CUDA where it loads, else CPU',
      })
      .option('slots', {
        type: 'number',
        requiresArg: true,
        defaultDescription: 'one per core, or per GPU',
        describe: 'Pieces of work to run at once',
      })
      .option('data', { ...list, describe: 'Folder in which models and data are looked for; may be repeated' })
      .option('cache', {
        type: 'string',
        requiresArg: true,
        default: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'quantsweep'),
        defaultDescription: '~/.cache/quantsweep',
        describe: 'Folder for what is fetched',
      })
      .option('cache-gb', { type: 'number', requiresArg: true, default: 20, describe: 'Size of the cache at most' })
      .option('fetch', {
        ...list,
        describe: 'https:// or s3:// address under which missing files lie by their SHA-256; may be repeated',
      })
      .option('exit-when-idle', {
        type: 'number',
        requiresArg: true,
        defaultDescription: 'never',
        describe: 'End after so many seconds without work',
      })
      .option('grace', {
        type: 'number',
        requiresArg: true,
        default: 60,
        describe: 'Seconds that running work gets after SIGTERM or Ctrl-C',
      })
      .option('allow-code', { ...list, describe: 'SHA-256 of a module or command that may run here; may be repeated' })
      .option('label', { type: 'string', requiresArg: true, describe: 'What people see of this agent, e.g. gpu=a100' })
      .example('$0 agent --broker rediss://broker:6379 --data /data', 'work until told to end')
      .example('$0 agent --broker rediss://broker:6379 --exit-when-idle 120', 'end when there is nothing to do'),
  handler: async (typed) => {
    const { runAgentUntilSignal } = await import('../agents/run-agent-until-signal.js');
    process.exitCode = await runAgentUntilSignal({
      broker: brokerOf(typed),
      provider: typed.provider,
      slots: typed.slots ?? null,
      dataFolders: typed.data,
      cacheFolder: typed.cache,
      cacheGb: typed['cache-gb'],
      fetchFrom: typed.fetch,
      exitWhenIdleSeconds: typed['exit-when-idle'] ?? null,
      graceSeconds: typed.grace,
      allowedCode: typed['allow-code'],
      label: typed.label ?? null,
    });
  },
};
