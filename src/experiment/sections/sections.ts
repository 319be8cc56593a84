import type { z } from 'zod';
import type { TrialSettings } from './canonical-settings.js';
import { dataSection } from './data.js';
import { gateSection } from './gate.js';
import type { Immutable } from '../../schema/settled.js';
import { layersSection } from './layers.js';
import { lossSection } from './loss.js';
import { modelSection } from './model.js';
import { quantizationSection } from './quantization.js';
import { searchSection } from './search.js';
import type { Section } from './section.js';
import { smoothingSection } from './smoothing.js';
import { targetSection } from './target.js';
import { taskSection } from './task.js';

/**
 * The schema of each section that a trial depends on, in the order of the file. Every leaf in them
 * can be an axis.
 */
export const sectionSchemas = {
  model: modelSection.schema,
  data: dataSection.schema,
  task: taskSection.schema,
  target: targetSection.schema,
  layers: layersSection.schema,
  quantization: quantizationSection.schema,
  smoothing: smoothingSection.schema,
  search: searchSection.schema,
  loss: lossSection.schema,
  gate: gateSection.schema,
};

export type SectionName = keyof typeof sectionSchemas;

export const sectionNames = Object.keys(sectionSchemas) as SectionName[];

/** Validated sections in the shape of the file, defaults filled in, paths as written. */
export type FileSettings = {
  readonly [Name in SectionName]: Immutable<z.output<(typeof sectionSchemas)[Name]>>;
};

export const sections: Readonly<Record<SectionName, Section<FileSettings, TrialSettings>>> = {
  model: modelSection,
  data: dataSection,
  task: taskSection,
  target: targetSection,
  layers: layersSection,
  quantization: quantizationSection,
  smoothing: smoothingSection,
  search: searchSection,
  loss: lossSection,
  gate: gateSection,
};
