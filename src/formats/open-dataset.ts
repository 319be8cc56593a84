import { formatOf, type DataSource } from './data-source.js';
import type { Dataset } from './dataset.js';
import { withFurtherInputs } from './further-inputs.js';
import type { PreprocessSettings } from './preprocess/preprocess-settings.js';

/**
 * Opens the samples of `source`, and what its further inputs are fed with; labels and ground truth
 * are read and checked now, samples when asked for. Close it when done.
 *
 * @throws DatasetError when a file is missing or damaged, or doesn't fit the settings.
 */
export async function openDataset(source: DataSource, preprocess: PreprocessSettings): Promise<Dataset> {
  const dataset = await formatOf(source).open(source, preprocess);
  if (source.inputs === undefined) return dataset;
  try {
    return withFurtherInputs(dataset, source.inputs);
  } catch (error) {
    dataset.close();
    throw error;
  }
}
