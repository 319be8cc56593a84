import { didYouMean } from '../text/nearest-name.js';
import type { LayerSettings } from '../experiment/sections/settings.js';
import type { FoundLayer } from '../onnx/layers/layers.js';
import { compileGlob } from '../quantize/glob.js';
import { InputError } from '../errors/input-error.js';

type GlobList = 'include' | 'exclude';

/**
 * A glob of `layers.include` or `exclude` with where it was written, until it matches a layer of
 * some model.
 */
interface Glob {
  readonly list: GlobList;
  readonly glob: string;
  /** Where it stands, before a message. */
  readonly prefix: string;
  readonly names: Set<string>;
  isMatched: boolean;
}

/**
 * Watches the globs of `layers.include` and `layers.exclude` for those that match no layer of any
 * model that they are used with: a mistake in a name would quantize what was to be left out, and
 * the other way round.
 */
export class UnmatchedGlobs {
  readonly #globs = new Map<string, Glob>();

  /** @param prefixOf where the list was written; asked only for globs that are new */
  see(settings: LayerSettings, layers: readonly FoundLayer[], prefixOf: (list: GlobList) => string): void {
    for (const list of ['include', 'exclude'] as const) {
      for (const glob of settings[list]) {
        const key = JSON.stringify([list, glob]);
        const known = this.#globs.get(key) ?? {
          list,
          glob,
          prefix: prefixOf(list),
          names: new Set(),
          isMatched: false,
        };
        this.#globs.set(key, known);
        const pattern = compileGlob(glob);
        for (const { name } of layers) {
          known.names.add(name);
          known.isMatched ||= pattern.test(name);
        }
      }
    }
  }

  /** @throws InputError naming each glob that matches nothing */
  check(): void {
    const lines = [...this.#globs.values()]
      .filter(({ isMatched }) => !isMatched)
      .map(
        ({ list, glob, prefix, names }) =>
          `${prefix}Expected layers.${list} to match weighted layers of the model, got "${glob}", which matches none${didYouMean(glob, [...names]) || '.'}`,
      );
    if (lines.length > 0) throw new InputError(lines.join('\n'));
  }
}
