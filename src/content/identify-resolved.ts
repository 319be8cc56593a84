import type { InputIdentity } from '../formats/input-identity.js';
import { sourceStamp, stampFiles } from '../formats/source-files.js';

/**
 * The same identities with the stamps of this machine's files, whose bytes were found to be as
 * planned: jobs then see by the stamps alone that nothing changed since.
 *
 * @param inputs with this machine's paths
 * @throws DatasetError when a folder is gone
 */
export function identifyResolved(inputs: readonly InputIdentity[]): readonly InputIdentity[] {
  return inputs.map((input) => {
    return { ...input, stamp: input.kind === 'model' ? stampFiles([input.path]) : sourceStamp(input.source) };
  });
}
