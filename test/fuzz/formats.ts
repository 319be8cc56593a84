import { cifarFormat, idxFormat, npyFolderFormat, npyFormat } from './array-cases.js';
import type { FuzzFormat } from './fuzz-case.js';
import { imageFormat } from './image-cases.js';
import { csvFormat, groundTruthFormat } from './label-cases.js';
import { onnxBytesFormat, onnxGraphFormat } from './onnx-cases.js';
import { yamlFormat } from './yaml-cases.js';
import { npzFormat } from './zip-cases.js';

export const formats: readonly FuzzFormat[] = [
  onnxBytesFormat,
  onnxGraphFormat,
  yamlFormat,
  npyFormat,
  npyFolderFormat,
  npzFormat,
  idxFormat,
  cifarFormat,
  imageFormat,
  csvFormat,
  groundTruthFormat,
];

/** How many of `total` cases each format gets, by its weight. */
export function shareCases(total: number): readonly { readonly format: FuzzFormat; readonly cases: number }[] {
  const weights = formats.reduce((sum, { weight }) => sum + weight, 0);
  return formats.map((format) => ({ format, cases: Math.ceil((total * format.weight) / weights) }));
}
