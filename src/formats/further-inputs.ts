import type { InputSource } from './input-schema.js';
import type { Dataset, FurtherInput } from './dataset.js';
import { DatasetError } from './dataset-error.js';
import { openFile } from './io/file-source.js';
import { readNpyHeader } from './npy/npy-header.js';
import { openNpzMember } from './npz/npz.js';

/**
 * Returns `dataset` with the model's further inputs beside its samples; closing it closes their
 * files.
 *
 * @param sources by name of the model's input
 * @throws DatasetError when a file is missing or damaged, or has not one entry for each sample;
 *   `dataset` stays open then
 */
export function withFurtherInputs(dataset: Dataset, sources: Readonly<Record<string, InputSource>>): Dataset {
  const inputs: FurtherInput[] = [];
  const closeInputs = (): void => {
    for (const input of inputs) if (input.kind === 'array') input.array.source.close();
  };
  try {
    for (const [name, source] of Object.entries(sources)) inputs.push(openInput(name, source, dataset.sampleCount));
  } catch (error) {
    closeInputs();
    throw error;
  }
  return {
    sampleCount: dataset.sampleCount,
    sampleShape: dataset.sampleShape,
    labels: dataset.labels,
    // Some datasets make it when it is first asked for.
    get groundTruth() {
      return dataset.groundTruth;
    },
    inputs,
    ...(dataset.names === undefined ? {} : { names: dataset.names }),
    ...(dataset.notes === undefined ? {} : { notes: dataset.notes }),
    read: (first, count, into) => dataset.read(first, count, into),
    ...(dataset.origins === undefined ? {} : { origins: dataset.origins.bind(dataset) }),
    close() {
      closeInputs();
      dataset.close();
    },
  };
}

function openInput(name: string, { path, array, value, per }: InputSource, sampleCount: number): FurtherInput {
  if (path === null) return { kind: 'value', name, value: Number(value) };
  const source = array === null ? openFile(path) : openNpzMember(path, array);
  try {
    const opened = readNpyHeader(source);
    if (per === 'sample' && opened.shape[0] !== sampleCount) {
      throw new DatasetError({
        expected: `an array [${sampleCount}, ...] for input "${name}", one entry for each sample`,
        got: `shape [${opened.shape.join(', ')}]`,
        where: source.path,
        advice: 'With per: run the whole array is fed to every run instead.',
      });
    }
    return { kind: 'array', name, per, array: opened };
  } catch (error) {
    source.close();
    throw error;
  }
}
