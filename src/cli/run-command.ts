import type { CommandModule } from 'yargs';

export interface RunArguments {
  readonly experiment: string;
  readonly set: readonly string[];
  readonly 'allow-code': boolean;
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
      .example('$0 run experiments/demo.yaml', 'run the demo; again: nothing is left to do')
      .example('$0 run x.yaml --set run.provider=cpu --set smoothing.alpha=0.5', 'with other settings'),
  handler: async ({ experiment, set, 'allow-code': allowCode }) => {
    const { runSweepFile } = await import('./run-sweep-file.js');
    process.exitCode = await runSweepFile(experiment, set, allowCode);
  },
};
