import type { Problem } from '../experiment-error.js';
import { placeOf } from '../file/located-node.js';
import type { ResolvedSections } from '../grid/resolve-settings.js';
import { sectionNames, sections } from './sections.js';
import type { FileSettings } from './sections.js';

/** What is wrong between sections that are each right by themselves. */
export function checkSettings(settings: FileSettings, resolved: ResolvedSections): readonly Problem[] {
  return sectionNames.flatMap((name) =>
    (sections[name].checks ?? []).flatMap((check) => {
      const finding = check(settings);
      if (finding === null) return [];
      // The section was written: its defaults fit all others.
      const place = placeOf(resolved[name].node!, finding.path.split('.'));
      return [{ place, field: `${name}.${finding.path}`, text: finding.text }];
    }),
  );
}
