import { locateData } from './data.js';
import { leaveOutDefaults } from './leave-out-defaults.js';
import { locateModel } from './model.js';
import { sectionNames } from './sections.js';
import type { FileSettings, SectionName } from './sections.js';
import type { Settings } from './settings.js';
import { targetOf } from '../../targets/registry.js';
import { locateTask } from './task.js';

type Locate = { readonly [Name in SectionName]: (section: FileSettings[Name], folder: string) => Settings[Name] };

/** What each section of the file becomes; most stay as they are. */
const locate: Locate = {
  model: locateModel,
  data: locateData,
  task: locateTask,
  target: (target) => (targetOf(target) === null ? undefined : target),
  layers: asWritten,
  quantization: asWritten,
  smoothing: asWritten,
  search: asWritten,
  loss: asWritten,
  gate: asWritten,
};

function asWritten<Part>(section: Part): Part {
  return section;
}

/**
 * A function from settings in the shape of the file to {@link Settings}: sources get a level of
 * their own, paths become absolute (relative ones against `folder`), settings that came later are
 * left out at their defaults. Sections that are one object in the input are one object in the
 * output.
 */
export function createSettingsConverter(folder: string): (settings: FileSettings) => Settings {
  const known = new Map<unknown, unknown>();
  const convert = <Name extends SectionName>(name: Name, section: FileSettings[Name]): Settings[Name] => {
    const before = known.get(section) as Settings[Name] | undefined;
    if (before !== undefined) return before;
    const written = typeof section === 'object' ? leaveOutDefaults(name, section) : section;
    const converted = locate[name](written, folder);
    known.set(section, converted);
    return converted;
  };
  return (settings) =>
    Object.fromEntries(
      sectionNames
        .map((name) => [name, convert(name, settings[name])] as const)
        // Settings that came later are absent at their defaults.
        .filter(([, section]) => section !== undefined),
    ) as unknown as Settings;
}
