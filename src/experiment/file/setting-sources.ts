import type { Assignment } from '../grid/expand-grid.js';
import type { Place } from '../experiment-error.js';
import { formatPlace } from '../experiment-error.js';
import { placeOf } from './located-node.js';
import type { LocatedNode } from './located-node.js';
import { printable } from '../../text/printable.js';
import type { ResolvedSections } from '../grid/resolve-settings.js';
import type { SectionName } from '../sections/sections.js';
import type { SettingPlaces } from '../sections/settings.js';

/** Where a section of settings was written first. */
interface SectionSource {
  readonly node: LocatedNode | undefined;
  readonly name: SectionName;
  /** `grid[3]`, or empty where no block of several has a part in the section. */
  readonly block: string;
}

/** Of an axis value that is shown. */
const MOST_CHARACTERS = 120;

/**
 * Where the settings of trials were written, for whatever is found out about them later: by the
 * section's object, which equal sections of trials share.
 */
export class SettingSources implements SettingPlaces {
  readonly #sections = new Map<object, SectionSource>();

  /** Remembers the sections of a point; the first point that has a section counts. */
  remember(sections: ResolvedSections, settings: object, point: readonly Assignment[], block: string): void {
    for (const [name, value] of Object.entries(settings) as [SectionName, object][]) {
      if (this.#sections.has(value)) continue;
      const isOfBlock = point.some(({ setting }) => setting.segments[0] === name);
      this.#sections.set(value, { node: sections[name].node, name, block: isOfBlock ? block : '' });
    }
  }

  prefix(section: object, path: readonly string[], axes: Readonly<Record<string, unknown>>): string {
    const source = this.#sections.get(section);
    if (source === undefined) return '';
    const trial = Object.entries(axes).map(([name, value]) => `${name} ${axisText(value)}`);
    const parts = [source.block, trial.length === 0 ? '' : `trial with ${trial.join(', ')}`].filter(
      (part) => part !== '',
    );
    const place: Place | null = source.node === undefined ? null : placeOf(source.node, path);
    return [...(place === null ? [] : [formatPlace(place)]), ...(parts.length === 0 ? [] : [parts.join(', ')])]
      .map((part) => `${part}: `)
      .join('');
  }
}

function axisText(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value), MOST_CHARACTERS);
}
