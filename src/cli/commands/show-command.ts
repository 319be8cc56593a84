import type { CommandModule } from 'yargs';

interface ShowArguments {
  readonly trial: string;
  readonly sweep: string | undefined;
  readonly db: string;
}

export const showCommand: CommandModule<object, ShowArguments> = {
  command: 'show <trial>',
  describe: 'Show one trial: settings, accuracy, every layer, comparisons, attempts',
  builder: (yargs) =>
    yargs
      .positional('trial', {
        type: 'string',
        demandOption: true,
        describe: 'Its number, the start of its key, its label, or `best`',
      })
      .option('sweep', { type: 'string', requiresArg: true, describe: 'Sweep to look in; default: the latest' })
      .option('db', { type: 'string', default: './quantsweep.db', requiresArg: true, describe: 'Database file' })
      .example('$0 show best', 'the best quantized trial of the latest sweep')
      .example('$0 show "static alpha=0.5, 200 batches"', 'by label'),
  handler: async ({ trial, sweep, db }) => {
    const { describeTrial } = await import('../show/describe-trial.js');
    process.stdout.write(describeTrial(db, sweep, trial));
  },
};
