import { leftOut } from '../../schema/schema-leaves.js';
import type { SectionName } from './sections.js';
import { settingPaths } from './setting-paths.js';

interface LeftOut {
  /** Inside the section. */
  readonly segments: readonly string[];
  readonly at: unknown;
}

const bySection = new Map<string, LeftOut[]>();
for (const { segments, schemas } of settingPaths.values()) {
  const [name, ...rest] = segments as [string, ...string[]];
  const [registered] = schemas.flatMap((schema) => leftOut.get(schema) ?? []);
  if (registered === undefined) continue;
  bySection.set(name, [...(bySection.get(name) ?? []), { segments: rest, at: registered.at }]);
}

/**
 * The section without settings of {@link leftOut} that have their defaults; the same object where
 * there are none.
 */
export function leaveOutDefaults<Part extends object>(name: SectionName, section: Part): Part {
  return (bySection.get(name) ?? []).reduce((rest, { segments, at }) => without(rest, segments, at) as Part, section);
}

function without(part: object, [key, ...inner]: readonly string[], value: unknown): object {
  const { [key!]: own, ...others } = part as Record<string, unknown>;
  if (own === undefined) return part;
  if (inner.length > 0) {
    const rest = without(own as object, inner, value);
    // A mapping that is empty without its defaults came later as a whole.
    return Object.keys(rest).length === 0 ? others : { ...part, [key!]: rest };
  }
  return JSON.stringify(own) === JSON.stringify(value) ? others : part;
}
