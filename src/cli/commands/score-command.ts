import type { CommandModule } from 'yargs';
import { rowFormats, type RowFormat } from '../query/format-rows.js';

interface ScoreArguments {
  readonly task: string;
  readonly predictions: readonly string[];
  readonly truth: string | undefined;
  readonly reference: readonly string[];
  readonly options: string | undefined;
  readonly names: string | undefined;
  readonly 'allow-code': boolean;
  readonly format: RowFormat;
}

const files = { type: 'string', array: true, nargs: 1, default: [] as string[] } as const;

/** `quantsweep score`: a task's metric of stored outputs. */
export const scoreCommand: CommandModule<object, ScoreArguments> = {
  command: 'score <task>',
  describe: 'Score stored raw outputs of a model by a task, as a sweep would',
  builder: (yargs) =>
    yargs
      .positional('task', { type: 'string', demandOption: true, describe: 'Kind of the task, e.g. detection' })
      .option('predictions', {
        ...files,
        demandOption: true,
        describe: '.npy or .npz of outputs [N, ...], as PATH or NAME=PATH; may be repeated',
      })
      .option('truth', {
        type: 'string',
        requiresArg: true,
        describe: 'What they are held against: the task’s truth, labels (.npy) or ground truth (JSON)',
      })
      .option('reference', { ...files, describe: 'The same outputs of the FP32 model; may be repeated' })
      .option('options', { type: 'string', requiresArg: true, describe: 'YAML or JSON file with settings of the task' })
      .option('names', {
        type: 'string',
        requiresArg: true,
        defaultDescription: 'samples are matched by order',
        describe: 'File with the name of each sample, a line each',
      })
      .option('allow-code', { type: 'boolean', default: false, describe: 'Run the code that the task names' })
      .option('format', { choices: rowFormats, default: 'json' as const, describe: 'How the score is printed' })
      .example('$0 score detection --predictions out.npy --truth instances.json --options head.yaml', '')
      .example('$0 score classification --predictions logits.npy --truth labels.npy --format table', ''),
  handler: async (typed) => {
    const { describeScore } = await import('../score/describe-score.js');
    const { task, predictions, truth, reference, options, names, format } = typed;
    process.stdout.write(
      await describeScore(
        {
          ...{ task, predictions, allowCode: typed['allow-code'] },
          ...(truth === undefined ? {} : { truth }),
          ...(reference.length === 0 ? {} : { reference }),
          ...(options === undefined ? {} : { options }),
          ...(names === undefined ? {} : { names }),
        },
        format,
      ),
    );
  },
};
