import { hashBesides } from '../formats/hash-source.js';
import type { InputIdentity } from '../formats/input-identity.js';
import { stampNamedFiles } from '../formats/named-files.js';
import { sourceStamp, stampFiles } from '../formats/source-files.js';
import { ContentError } from './content-error.js';

/**
 * The same identities with the stamps of this machine's files, whose bytes were found to be as
 * planned: jobs then see by the stamps alone that nothing changed since. What samples depend on
 * besides files is compared, such as the library that decodes images; a module is opened for it, so
 * only once its code is admitted.
 *
 * @param inputs with this machine's paths
 * @throws ContentError when samples would be others here; DatasetError when a folder is gone
 */
export async function identifyResolved(inputs: readonly InputIdentity[]): Promise<readonly InputIdentity[]> {
  const identified: InputIdentity[] = [];
  for (const input of inputs) {
    if (input.kind === 'model') {
      identified.push({ ...input, stamp: stampFiles([input.path]) });
      continue;
    }
    if (input.kind === 'taskFiles') {
      identified.push({ ...input, stamp: stampNamedFiles(input.files) });
      continue;
    }
    const { source, besides } = input;
    const stamp = sourceStamp(source);
    if (besides !== undefined && (await hashBesides(source)) !== besides) throw otherSamples(source.format);
    identified.push({ ...input, stamp });
  }
  return identified;
}

function otherSamples(format: string): ContentError {
  return new ContentError([
    `Expected data of format ${format} to give the samples here that they give where the sweep was planned, got others from the same files: the library that decodes them differs, or what a dataset module says of its identity. Install the same versions, and give the module the same data.`,
  ]);
}
