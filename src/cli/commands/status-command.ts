import type { CommandModule } from 'yargs';

interface StatusArguments {
  readonly sweep: string | undefined;
  readonly db: string;
}

export const statusCommand: CommandModule<object, StatusArguments> = {
  command: 'status [sweep]',
  describe: 'Show the progress of a sweep: stages, trials, what is running, what failed',
  builder: (yargs) =>
    yargs
      .positional('sweep', { type: 'string', describe: 'Name of the sweep; default: the latest' })
      .option('db', { type: 'string', default: './quantsweep.db', requiresArg: true, describe: 'Database file' })
      .example('$0 status', 'of the latest sweep, also while it runs')
      .example('$0 status smoothquant-alpha --db results.db', 'of another one'),
  handler: async ({ sweep, db }) => {
    const { sweepStatus } = await import('../show/sweep-status.js');
    process.stdout.write(sweepStatus(db, sweep));
  },
};
