import type { Placement, SampleOrigin } from '../sample-origin.js';
import { broken } from './broken-contract.js';

/** Whose origins they are: the module's path, and the first sample's position. */
interface OriginContext {
  readonly where: string;
  readonly first: number;
}

/**
 * The origins that a module gives of some samples, checked: of each `size` and `placement`, either
 * of which it may leave out.
 *
 * @param given null where the module has no origins: samples have names then
 * @param names of those samples; null each where the module has none
 * @throws DatasetError naming the sample and field
 */
export function parseOrigins(
  given: unknown,
  names: readonly (string | null)[],
  { where, first }: OriginContext,
): readonly SampleOrigin[] {
  if (given === null) return names.map((name) => ({ name, size: null, placement: null }));
  if (!Array.isArray(given) || given.length !== names.length) {
    throw broken(where, `origins(${first}, ${names.length}) to give a list of ${names.length}`, given);
  }
  return names.map((name, index) => {
    const of = `of sample ${first + index}`;
    const origin = (given as readonly unknown[])[index];
    if (typeof origin !== 'object' || origin === null) throw broken(where, `an origin ${of}, an object`, origin);
    const { size = null, placement = null } = origin as Readonly<Record<string, unknown>>;
    return { name, size: readSize(size, of, where), placement: readPlacement(placement, of, where) };
  });
}

function readSize(size: unknown, of: string, where: string): SampleOrigin['size'] {
  if (size === null) return null;
  if (Array.isArray(size) && size.length === 2 && size.every((length) => Number.isSafeInteger(length) && length > 0)) {
    return [size[0] as number, size[1] as number];
  }
  throw broken(where, `size ${of}, [height, width] in pixels or nothing`, size);
}

function readPlacement(placement: unknown, of: string, where: string): Placement | null {
  if (placement === null) return null;
  if (typeof placement !== 'object') throw broken(where, `placement ${of}, an object or nothing`, placement);
  const fields = placement as Readonly<Record<string, unknown>>;
  const numberOf = (name: keyof Placement): number => {
    const value = fields[name];
    const isScale = name === 'scaleX' || name === 'scaleY';
    if (typeof value === 'number' && Number.isFinite(value) && (!isScale || value > 0)) return value;
    throw broken(where, `placement.${name} ${of}, a number${isScale ? ' above 0' : ''}`, value);
  };
  return { scaleX: numberOf('scaleX'), scaleY: numberOf('scaleY'), left: numberOf('left'), top: numberOf('top') };
}
