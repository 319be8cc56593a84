import { resolve } from 'node:path';
import type { Settled } from '../schema/settled.js';
import { DatasetError } from './dataset-error.js';
import type { Format } from './format.js';
import type { InputSource } from './input-schema.js';
import { formatNames, formats, retiredFormats, type FormatName } from './registry.js';

type SourceOf<Definition> = Definition extends { locate(...args: never[]): infer Source } ? Source : never;

/**
 * Where the samples of a model's main input come from: a format's name and what its definition
 * makes of settings.
 */
export type SampleSource = {
  [Name in FormatName]: { readonly format: Name } & SourceOf<(typeof formats)[Name]>;
}[FormatName];

/**
 * Where samples come from. Paths are absolute once loaded; in the file they are relative to the
 * file.
 */
export type DataSource = SampleSource & {
  /** Where the model's further inputs come from, by name; absent where it has none. */
  readonly inputs?: Readonly<Record<string, InputSource>>;
};

const byName: ReadonlyMap<string, Format> = new Map(Object.entries(formats));

/**
 * The definition of a source's format.
 *
 * @throws DatasetError for a source that another version stored, in a format that this one does not
 *   have
 */
export function formatOf({ format: name }: Pick<SampleSource, 'format'>): Format {
  const format = byName.get(name);
  if (format !== undefined) return format;
  const advice = retiredFormats[name];
  throw new DatasetError({
    expected: `a format of this version (${formatNames.join(', ')})`,
    got: name,
    where: 'the format of the data',
    ...(advice === undefined ? {} : { advice: `${advice}.` }),
  });
}

/** A source as an experiment file has it, beside whatever else the file says of its data. */
export type FileSource = {
  [Name in FormatName]: { readonly format: Name } & Settled<(typeof formats)[Name]['settings']>;
}[FormatName] & { readonly inputs: Readonly<Record<string, InputSource>> };

/** @param folder that paths of the file are relative to */
export function toDataSource(data: FileSource, folder: string): DataSource {
  const absolute = (path: string): string => resolve(folder, path);
  const samples = { format: data.format, ...formatOf(data).locate(data, absolute) } as SampleSource;
  const inputs = Object.entries(data.inputs);
  if (inputs.length === 0) return samples;
  const located = inputs.map(([name, input]) => {
    return [name, { ...input, path: input.path === null ? null : absolute(input.path) }] as const;
  });
  return { ...samples, inputs: Object.fromEntries(located) };
}
