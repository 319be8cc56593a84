import type { CommandModule } from 'yargs';

interface InspectArguments {
  readonly model: string;
  readonly format: 'table' | 'json';
  readonly input: string | undefined;
  readonly size: string | undefined;
}

/** `quantsweep inspect`: what a model is, and what would be quantized. */
export const inspectCommand: CommandModule<object, InspectArguments> = {
  command: 'inspect <model>',
  describe: 'Show a model: inputs, outputs, layers with shapes and MACs, what would be quantized and why not',
  builder: (yargs) =>
    yargs
      .positional('model', { type: 'string', demandOption: true, describe: 'ONNX model' })
      .option('format', { choices: ['table', 'json'] as const, default: 'table' as const, describe: 'Output format' })
      .option('input', { type: 'string', requiresArg: true, describe: 'The model input that gets the samples' })
      .option('size', {
        type: 'string',
        requiresArg: true,
        describe: 'HEIGHTxWIDTH of the input where it is open: 640x640',
      })
      .example('$0 inspect yolo11n.onnx', ''),
  handler: async ({ model, format, input, size }) => {
    const { describeModel } = await import('../inspect/describe-model.js');
    const { parseSize } = await import('../inspect/parse-size.js');
    const options = {
      ...(input === undefined ? {} : { input }),
      ...(size === undefined ? {} : { size: parseSize(size) }),
    };
    process.stdout.write(await describeModel(model, options, format));
  },
};
