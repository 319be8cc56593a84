import { DatasetError } from '../dataset-error.js';
import { loadSharp } from './load-sharp.js';

/** Packages that quantsweep ships and that code of a user's own may have. */
const shipped: Readonly<Record<string, () => Promise<unknown>>> = { sharp: loadSharp };

/**
 * Gives a package that quantsweep ships to code of a user's own, which lies anywhere and so cannot
 * import it by name: the default export of `sharp`, as set for this process (one thread, no
 * cache).
 *
 * @throws DatasetError naming those that there are
 */
export async function loadShipped(name: unknown): Promise<unknown> {
  const load = typeof name === 'string' && Object.hasOwn(shipped, name) ? shipped[name] : undefined;
  if (load !== undefined) return load();
  throw new DatasetError({
    expected: `one of ${Object.keys(shipped).join(', ')}`,
    got: typeof name === 'string' ? name : typeof name,
    where: 'load, which gives a module what quantsweep ships',
    advice: 'Install other packages beside the module and import them.',
  });
}
