import type { Argv, CommandModule } from 'yargs';
import type { ExportArguments } from '../export/run-export.js';

/**
 * `quantsweep export`: the deployable model of a trial, with real QuantizeLinear and
 * DequantizeLinear.
 */
export const exportCommand: CommandModule<object, ExportArguments> = {
  command: 'export <trial>',
  describe: 'Write the deployable QDQ model of a finished trial',
  builder: buildOptions,
  handler: async (args) => {
    const { runExport } = await import('../export/run-export.js');
    process.stdout.write(await runExport(args));
  },
};

function buildOptions(yargs: Argv<object>): Argv<ExportArguments> {
  return yargs
    .positional('trial', {
      type: 'string',
      demandOption: true,
      describe: 'Its number, the start of its key, its label, or `best`',
    })
    .option('output', {
      alias: 'o',
      type: 'string',
      demandOption: true,
      requiresArg: true,
      describe: 'The file to write',
    })
    .option('format', {
      choices: ['onnx', 'npz', 'json'] as const,
      default: 'onnx' as const,
      describe: 'The QDQ model, or the scales alone by module names, for pytorch-quantization and Model-Optimizer',
    })
    .option('sweep', { type: 'string', requiresArg: true, describe: 'Sweep to look in; default: the latest' })
    .option('db', { type: 'string', default: './quantsweep.db', requiresArg: true, describe: 'Database file' })
    .option('model', {
      type: 'string',
      requiresArg: true,
      describe: 'Where the original model is now, if it has moved',
    })
    .option('calibration-table', {
      type: 'string',
      requiresArg: true,
      describe: "Also write TensorRT's text calibration cache",
    })
    .option('smoothed-model', {
      type: 'string',
      requiresArg: true,
      describe: 'Write the smoothed float model that the calibration table belongs to',
    })
    .option('float', {
      choices: ['model', 'float32'] as const,
      describe:
        'Of a float16, bfloat16 or float64 model: write it in its own types, or in float32 but for inputs and outputs; default: its own where they have 16 bits and the trial was simulated',
    })
    .option('allow-code', {
      type: 'boolean',
      default: false,
      describe: 'Let the dataset module of the trial run, to compare the file with the simulation on samples',
    })
    .option('force', { type: 'boolean', default: false, describe: 'Overwrite existing files' })
    .example('$0 export best -o best.onnx', 'the best quantized trial of the latest sweep')
    .example('$0 export best --format npz -o scales.npz', 's and amax by module names')
    .example(
      '$0 export 7 -o m.onnx --calibration-table m.cache --smoothed-model m-float.onnx',
      'and what TensorRT 8 needs',
    );
}
