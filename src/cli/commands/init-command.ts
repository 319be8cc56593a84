import type { CommandModule } from 'yargs';

interface InitArguments {
  readonly model: string;
  readonly data: string | undefined;
  readonly labels: string | undefined;
  readonly output: string | undefined;
  readonly input: string | undefined;
  readonly size: string | undefined;
  readonly force: boolean;
}

/** `quantsweep init`: a first experiment for a model and its data. */
export const initCommand: CommandModule<object, InitArguments> = {
  command: 'init <model> [data]',
  describe: 'Look at a model and its data, and write a commented first experiment',
  builder: (yargs) =>
    yargs
      .positional('model', { type: 'string', demandOption: true, describe: 'ONNX model' })
      .positional('data', {
        type: 'string',
        defaultDescription: 'random samples',
        describe: 'File or folder of samples: images, WAV, .npy, .npz, IDX, CIFAR-10',
      })
      .option('labels', {
        type: 'string',
        requiresArg: true,
        defaultDescription: 'looked for near the data',
        describe: 'Truth: a COCO .json, a folder of YOLO .txt files or masks, a .csv',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        defaultDescription: 'the model’s name with .yaml',
        describe: 'File to write',
      })
      .option('input', { type: 'string', requiresArg: true, describe: 'The model input that gets the samples' })
      .option('size', {
        type: 'string',
        requiresArg: true,
        describe: 'HEIGHTxWIDTH of the input where it is open: 640x640',
      })
      .option('force', { type: 'boolean', default: false, describe: 'Replace a file that is there' })
      .example('$0 init yolo11n.onnx coco/val', 'writes yolo11n.yaml'),
  handler: async ({ model, data, labels, output, input, size, force }) => {
    const { runInit } = await import('../inspect/run-init.js');
    const { parseSize } = await import('../inspect/parse-size.js');
    process.stdout.write(
      await runInit({
        ...{ model, force },
        ...(data === undefined ? {} : { data }),
        ...(labels === undefined ? {} : { labels }),
        ...(output === undefined ? {} : { output }),
        ...(input === undefined ? {} : { input }),
        ...(size === undefined ? {} : { size: parseSize(size) }),
      }),
    );
  },
};
