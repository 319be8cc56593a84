import type { CommandModule } from 'yargs';
interface PlanArguments {
  readonly experiment: string;
  readonly set: readonly string[];
  readonly 'allow-code': boolean;
  readonly all: boolean;
}

export const planCommand: CommandModule<object, PlanArguments> = {
  command: 'plan <experiment>',
  describe: 'Say what `run` would do: trials, shared stages, what is cached, what it costs',
  builder: (yargs) =>
    yargs
      .positional('experiment', { type: 'string', demandOption: true, describe: 'Experiment file (YAML)' })
      .option('set', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        describe: 'Override a setting: path=value',
      })
      .option('allow-code', {
        type: 'boolean',
        default: false,
        describe: 'Let the experiment run the dataset modules that it names',
      })
      .option('all', { type: 'boolean', default: false, describe: 'List every trial, however many' })
      .example('$0 plan experiments/demo.yaml --allow-code', 'before running it'),
  handler: async ({ experiment, set, all, 'allow-code': allowCode }) => {
    const { describePlan } = await import('../run/describe-plan.js');
    process.stdout.write(await describePlan(experiment, set, all, allowCode));
  },
};
