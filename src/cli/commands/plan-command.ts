import type { CommandModule } from 'yargs';
import { hashingProgress } from '../run/hashing-progress.js';

interface PlanArguments {
  readonly experiment: string;
  readonly set: readonly string[];
  readonly 'allow-code': boolean;
  readonly all: boolean;
  readonly 'mix-classes': boolean;
  readonly db: string | undefined;
  readonly shard: string | undefined;
}

export const planCommand: CommandModule<object, PlanArguments> = {
  command: 'plan <experiment>',
  describe: 'Show what `run` would do: trials, shared stages, what is cached, what it costs',
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
        describe: 'Allow the experiment to run the dataset modules it names',
      })
      .option('mix-classes', {
        type: 'boolean',
        default: false,
        describe: 'Plan also what `run` does only with --mix-classes',
      })
      .option('db', {
        type: 'string',
        requiresArg: true,
        defaultDescription: "the experiment's run.database",
        describe: 'Database file to look into',
      })
      .option('all', { type: 'boolean', default: false, describe: 'List every trial, however many' })
      .option('shard', {
        type: 'string',
        requiresArg: true,
        describe: 'Show part i of N of the sweep: i/N',
      })
      .example('$0 plan experiments/demo.yaml --allow-code', 'before running it'),
  handler: async ({ experiment, set, db, all, 'allow-code': allowCode, 'mix-classes': mixClasses, shard }) => {
    const { loadExperiment } = await import('../../api/load-experiment.js');
    const { planSweep } = await import('../../api/plan-sweep.js');
    const { parseShard } = await import('../run/parse-shard.js');
    const { describePlan } = await import('../run/describe-plan.js');
    const loaded = loadExperiment(experiment, { set, ...(db === undefined ? {} : { database: db }) });
    // To stderr, so that the plan can be piped.
    const onHashing = hashingProgress((line) => process.stderr.write(line));
    const part = shard === undefined ? {} : { shard: parseShard(shard) };
    process.stdout.write(describePlan(await planSweep(loaded, { allowCode, mixClasses, onHashing, ...part }), all));
  },
};
