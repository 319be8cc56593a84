import { resolve } from 'node:path';
import { z } from 'zod';
import type { Immutable } from '../../schema/settled.js';
import { addedLater, file, listOf, text } from '../../schema/schema-leaves.js';

const schema = z
  .strictObject({
    path: file('the path of an ONNX model', 'The ONNX model. Relative to the experiment file.'),
    input: text('the name of a model input', "The input that receives the samples; null: the model's only input.")
      .nullable()
      .default(null),
    output: text(
      'the name of a model output',
      'The one output that is evaluated; null: those of `outputs`, or the only one.',
    )
      .nullable()
      .default(null),
    outputs: addedLater(
      listOf(
        text('the name of a model output', 'An output.'),
        'a list: names of model outputs',
        'The outputs that are evaluated, for tasks that score several; null: all outputs of floats (of integers too where the task reads them, or where there are no others).',
      ).nullable(),
      null,
    ),
  })
  .meta({ title: 'Model', description: 'The floating-point model that is quantized.' });

export type ModelSettings = Immutable<z.output<typeof schema>>;

export const modelSection = { schema };

/** The section with an absolute path. */
export function locateModel(settings: ModelSettings, folder: string): ModelSettings {
  return { ...settings, path: resolve(folder, settings.path) };
}
