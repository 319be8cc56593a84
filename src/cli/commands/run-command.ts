import type { CommandModule } from 'yargs';
import { UsageError } from '../../errors/usage-error.js';
import { brokerOption, withCredentials } from './broker-options.js';

interface RunArguments {
  readonly experiment: string;
  readonly set: readonly string[];
  readonly 'allow-code': boolean;
  readonly 'fail-fast': boolean;
  readonly 'retry-failed': boolean;
  readonly 'mix-classes': boolean;
  readonly wait: boolean;
  readonly broker: string | undefined;
  readonly credentials: string | undefined;
  readonly lease: number | undefined;
  readonly 'numerics-class': string | undefined;
  readonly db: string | undefined;
  readonly shard: string | undefined;
}

export const runCommand: CommandModule<object, RunArguments> = {
  command: 'run <experiment>',
  describe: 'Run the trials of an experiment that are not cached',
  builder: (yargs) =>
    withCredentials(yargs)
      .positional('experiment', { type: 'string', demandOption: true, describe: 'Experiment file (YAML)' })
      .option('set', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        describe: 'Override a setting: path=value. Paths of files are relative to the current folder',
      })
      .option('allow-code', {
        type: 'boolean',
        default: false,
        describe: 'Allow the experiment to run the modules and commands it names',
      })
      .option('fail-fast', { type: 'boolean', default: false, describe: 'Stop at the first failed trial' })
      .option('retry-failed', {
        type: 'boolean',
        default: false,
        describe: 'Also retry failures that are likely to repeat',
      })
      .option('mix-classes', {
        type: 'boolean',
        default: false,
        describe: 'Go on with results of another class of machine (docs/PROVIDERS.md)',
      })
      .option('db', {
        type: 'string',
        requiresArg: true,
        defaultDescription: "the experiment's run.database",
        describe: 'Database file for the results',
      })
      .option('broker', {
        ...brokerOption,
        defaultDescription: 'runs on this machine',
        describe: `Run on the agents of a broker. ${brokerOption.describe}`,
      })
      .option('numerics-class', {
        type: 'string',
        requiresArg: true,
        defaultDescription: 'that of what is finished, else the one with most agents',
        describe: 'With --broker: the class of machines to run on',
      })
      .option('lease', {
        type: 'number',
        requiresArg: true,
        defaultDescription: '15',
        describe: 'With --broker: seconds after which the work of a silent agent is given to another one',
      })
      .option('wait', {
        type: 'boolean',
        default: true,
        describe: 'Wait while another process runs a sweep on the database; --no-wait fails immediately',
      })
      .option('shard', {
        type: 'string',
        requiresArg: true,
        describe: 'Run part i of N, for machines that reach no broker: i/N; `merge` puts the databases together',
      })
      .example('$0 run experiments/demo.yaml --allow-code', 'run the demo; a second time nothing is left to do')
      .example('$0 run x.yaml --set run.provider=cpu --set smoothing.alpha=0.5', 'with other settings'),
  handler: async ({
    experiment,
    set,
    'allow-code': allowCode,
    'fail-fast': failFast,
    'retry-failed': retryFailed,
    'mix-classes': mixClasses,
    wait,
    broker,
    credentials,
    lease,
    'numerics-class': numericsClass,
    db,
    shard,
  }) => {
    const { parseShard } = await import('../run/parse-shard.js');
    if (broker === undefined) refuseBrokerOptions({ credentials, lease, 'numerics-class': numericsClass });
    const { runSweepFile } = await import('../run/run-sweep-file.js');
    process.exitCode = await runSweepFile(experiment, set, {
      ...{ database: db, allowCode, failFast, retryFailed, mixClasses, wait },
      ...(shard === undefined ? {} : { shard: parseShard(shard) }),
      ...(broker === undefined
        ? {}
        : {
            broker: {
              ...{ url: broker, credentials: credentials ?? null },
              ...(lease === undefined ? {} : { leaseSeconds: leaseOf(lease) }),
              ...(numericsClass === undefined ? {} : { numericsClass }),
            },
          }),
    });
  },
};

/** Else a run would go on here that was meant for agents. */
function refuseBrokerOptions(options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined)
      throw new UsageError(`--${name} is for runs on agents: add --broker URL, or leave it out.`);
  }
}

function leaseOf(seconds: number): number {
  if (seconds >= 3 && seconds <= 3600) return seconds;
  throw new UsageError(
    `Expected --lease to be a number from 3 to 3600, got ${Number.isNaN(seconds) ? 'something else' : seconds}.`,
  );
}
