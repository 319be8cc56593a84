import type { Argv, CommandModule } from 'yargs';

interface ReportArguments {
  readonly sweep: readonly string[];
  readonly db: string;
  readonly output: string | undefined;
}

/** `quantsweep report`: HTML pages of sweeps, their trials and layers, that open offline. */
export const reportCommand: CommandModule<object, ReportArguments> = {
  command: 'report [sweep..]',
  describe: 'Write sweeps as HTML pages that open offline',
  builder: buildOptions,
  handler: async ({ sweep, db, output }) => {
    const { writeReport } = await import('./write-report.js');
    for (const path of writeReport(db, sweep, output)) process.stdout.write(`${path}\n`);
  },
};

function buildOptions(yargs: Argv<object>): Argv<ReportArguments> {
  return yargs
    .positional('sweep', {
      type: 'string',
      array: true,
      default: [] as string[],
      defaultDescription: 'the sweep that ran last',
      describe: 'Names of sweeps',
    })
    .option('db', { type: 'string', default: './quantsweep.db', describe: 'Database file', requiresArg: true })
    .option('output', {
      alias: 'o',
      type: 'string',
      describe:
        'Folder of the pages, reports/<sweep> by default; or a name that ends with .html for the sweep’s page alone',
      requiresArg: true,
    })
    .example('$0 report', 'the latest sweep, its trials and its layers, to reports/<sweep>/')
    .example('$0 report one two -o reports/both', 'two sweeps with an index')
    .example('$0 report demo -o demo.html', 'the page of one sweep alone, in one file');
}
