import type { CommandModule } from 'yargs';

interface MergeArguments {
  readonly databases: readonly string[];
  readonly into: string;
  readonly 'mix-classes': boolean;
  readonly wait: boolean;
}

export const mergeCommand: CommandModule<object, MergeArguments> = {
  command: 'merge <databases..>',
  describe: 'Put the results of several databases into one, each result once',
  builder: (yargs) =>
    yargs
      .positional('databases', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Database files, e.g. of the shards of a sweep; they are read only',
      })
      .option('into', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'Database file to merge into; made where there is none',
      })
      .option('mix-classes', {
        type: 'boolean',
        default: false,
        describe: 'Take results of several numerics classes, which are not comparable bit for bit',
      })
      .option('wait', {
        type: 'boolean',
        default: true,
        describe: 'Wait while another process runs a sweep on the target; --no-wait fails immediately',
      })
      .example('$0 merge shard*.db --into all.db', 'after `run --shard 1/4` ... `run --shard 4/4`'),
  handler: async ({ databases, into, 'mix-classes': mixClasses, wait }) => {
    const { mergeDatabases } = await import('../../api/merge-databases.js');
    const { describeMerge } = await import('../merge/describe-merge.js');
    const outcome = await mergeDatabases(databases, into, {
      ...{ mixClasses, wait },
      onEvent: (event) => {
        process.stdout.write(event.kind === 'waiting' ? `Waiting: ${event.message}\n` : `Reading ${event.database}\n`);
      },
    });
    process.stdout.write(describeMerge(outcome));
  },
};
