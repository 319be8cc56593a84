import type { CommandModule } from 'yargs';

interface RunArguments {
  readonly experiment: string;
  readonly set: readonly string[];
  readonly 'allow-code': boolean;
  readonly 'fail-fast': boolean;
  readonly 'retry-failed': boolean;
  readonly wait: boolean;
  readonly db: string | undefined;
}

export const runCommand: CommandModule<object, RunArguments> = {
  command: 'run <experiment>',
  describe: 'Run what is missing of an experiment',
  builder: (yargs) =>
    yargs
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
        describe: 'Let the experiment run the modules and commands that it names',
      })
      .option('fail-fast', { type: 'boolean', default: false, describe: 'Stop at the first trial that fails' })
      .option('retry-failed', {
        type: 'boolean',
        default: false,
        describe: 'Run again what failed before in a way that is likely to repeat',
      })
      .option('db', {
        type: 'string',
        requiresArg: true,
        defaultDescription: "the experiment's run.database",
        describe: 'Database file that results go to',
      })
      .option('wait', {
        type: 'boolean',
        default: true,
        describe: 'Wait while another process runs a sweep on the database; --no-wait fails at once',
      })
      .example('$0 run experiments/demo.yaml --allow-code', 'run the demo; again: nothing is left to do')
      .example('$0 run x.yaml --set run.provider=cpu --set smoothing.alpha=0.5', 'with other settings'),
  handler: async ({
    experiment,
    set,
    'allow-code': allowCode,
    'fail-fast': failFast,
    'retry-failed': retryFailed,
    wait,
    db,
  }) => {
    const { runSweepFile } = await import('../run/run-sweep-file.js');
    process.exitCode = await runSweepFile(experiment, set, { database: db, allowCode, failFast, retryFailed, wait });
  },
};
