import { resolve } from 'node:path';
import type { DataSource, SampleSource } from '../../formats/data-source.js';
import type { JsonObject } from '../../formats/json-value.js';
import type { WrittenSource } from './data-schema.js';

/** The source with absolute paths, without the fields of the role beside it. */
export function toSource(data: WrittenSource, folder: string): DataSource {
  const samples = toSamples(data, folder);
  const inputs = Object.entries(data.inputs);
  if (inputs.length === 0) return samples;
  const located = inputs.map(([name, input]) => {
    return [name, { ...input, path: input.path === null ? null : resolve(folder, input.path) }] as const;
  });
  return { ...samples, inputs: Object.fromEntries(located) };
}

function toSamples(data: WrittenSource, folder: string): SampleSource {
  const locate = (path: string | null): string | null => (path === null ? null : resolve(folder, path));
  switch (data.format) {
    case 'cifar10':
      return { format: data.format, path: resolve(folder, data.path) };
    case 'npy':
      return {
        format: data.format,
        path: resolve(folder, data.path),
        labels: locate(data.labels),
        groundTruth: locate(data.groundTruth),
      };
    case 'npz':
      return {
        format: data.format,
        path: resolve(folder, data.path),
        array: data.array,
        labelsArray: data.labelsArray,
        groundTruth: locate(data.groundTruth),
      };
    case 'idx':
      return { format: data.format, path: resolve(folder, data.path), labels: locate(data.labels) };
    case 'npyFolder':
      return {
        format: data.format,
        path: resolve(folder, data.path),
        labels: locate(data.labels),
        groundTruth: locate(data.groundTruth),
      };
    case 'imageFolder': {
      const { format, path, labels, classes, resize, crop, kernel, channels } = data;
      const located = typeof classes === 'string' ? resolve(folder, classes) : classes;
      return {
        ...{ format, path: resolve(folder, path), labels: locate(labels), resize, crop, kernel, channels },
        ...(located === null ? {} : { classes: located }),
      };
    }
    case 'synthetic': {
      const { format, shape, distribution, channelScales, seed, count } = data;
      return { format, shape, distribution, channelScales, seed, count };
    }
    case 'module':
      return { format: data.format, path: resolve(folder, data.path), options: data.options as JsonObject };
    case 'bevScenes':
      return { format: data.format, seed: data.seed, scenes: data.scenes };
  }
}
