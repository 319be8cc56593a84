import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DataSource } from '../src/formats/data-source.js';
import type { PreprocessSettings } from '../src/formats/preprocess/preprocess-settings.js';
import type { JobModel } from '../src/engine/jobs/job-model.js';
import { readModelFile } from '../src/engine/session/model-file.js';

/** A model with data to run it on. */
export interface Subject {
  readonly name: string;
  readonly model: JobModel;
  readonly source: DataSource;
  readonly preprocess: PreprocessSettings;
}

export const oneThread = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: 'all' } as const;

const asStored: PreprocessSettings = {
  layout: 'channelsFirst',
  channelOrder: 'keep',
  divideBy: 1,
  mean: null,
  std: null,
};

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

function jobModel(path: string): JobModel {
  return { path, sha256: readModelFile(path).sha256, input: null, output: null };
}

/** The demo model, and models of ../shared where they are; the missing are named. */
export function subjects(): readonly Subject[] {
  const cifar = file('../../shared/data/cifar10/data_batch_1.bin');
  const demo: Subject = {
    name: 'bev-demo',
    model: jobModel(file('../experiments/demo/bev-demo.onnx')),
    source: {
      format: 'module',
      path: file('../experiments/demo/scenes/dataset.mjs'),
      options: { seed: 2, scenes: 256 },
    },
    preprocess: asStored,
  };
  const others = ['cifar10-resnet20', 'cifar10-mobilenetv2-skewed'].flatMap((name): Subject[] => {
    const path = file(`../../shared/models/${name}.onnx`);
    if (!existsSync(path) || !existsSync(cifar)) {
      console.log(`Skipped ${name}: ${path} or ${cifar} is not here.`);
      return [];
    }
    const normalized = { ...asStored, divideBy: 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
    return [{ name, model: jobModel(path), source: { format: 'cifar10', path: cifar }, preprocess: normalized }];
  });
  return [demo, ...others];
}
