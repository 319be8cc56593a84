import { cifarFormat, idxFormat, npyFolderFormat, npyFormat } from './array-cases.js';
import type { CaseSpan } from './case-result.js';
import type { FuzzFormat } from './fuzz-case.js';
import { imageFormat } from './image-cases.js';
import { csvFormat, groundTruthFormat } from './label-cases.js';
import { onnxBytesFormat, onnxGraphFormat } from './onnx-cases.js';
import { Random } from './random.js';
import { yamlFormat } from './yaml-cases.js';
import { wavFormat } from './wav-cases.js';
import { npzFormat } from './zip-cases.js';

const formats: readonly FuzzFormat[] = [
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
  wavFormat,
];

/** @throws Error for a name that no format has */
export function formatNamed(name: string): FuzzFormat {
  const format = formats.find((candidate) => candidate.name === name);
  if (format === undefined) throw new Error(`Expected the name of a format, got "${name}".`);
  return format;
}

/** The random numbers of one case: the same on every machine, whichever other cases run. */
export function randomOf(seed: number, format: string, index: number): Random {
  const position = formats.findIndex(({ name }) => name === format);
  return new Random(1_000_003 * (64 * seed + position) + index);
}

/** `total` cases over the formats, by their weights, as `parts` lists of about the same work. */
export function shareCases(total: number, parts: number): readonly (readonly CaseSpan[])[] {
  const weights = formats.reduce((sum, { weight }) => sum + weight, 0);
  return Array.from({ length: parts }, (_, part) =>
    formats.map(({ name, weight }) => {
      const cases = Math.ceil((total * weight) / weights);
      const place = (of: number): number => Math.floor((cases * of) / parts);
      return { format: name, first: place(part), end: place(part + 1) };
    }),
  );
}
