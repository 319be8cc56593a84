import { resolve } from 'node:path';
import { z } from 'zod';
import type { Immutable } from '../../schema/settled.js';
import { file, text } from '../../schema/schema-leaves.js';

const schema = z
  .strictObject({
    path: file('the path of an ONNX model', 'The ONNX model. Relative to the experiment file.'),
    input: text('the name of a model input', "Name of the input fed with samples; null: the model's only input.")
      .nullable()
      .default(null),
    output: text('the name of a model output', "Name of the output that is evaluated; null: the model's only output.")
      .nullable()
      .default(null),
  })
  .meta({ title: 'Model', description: 'The floating-point model that is quantized.' });

export type ModelSettings = Immutable<z.output<typeof schema>>;

export const modelSection = { schema };

/** The section with an absolute path. */
export function locateModel(settings: ModelSettings, folder: string): ModelSettings {
  return { ...settings, path: resolve(folder, settings.path) };
}
