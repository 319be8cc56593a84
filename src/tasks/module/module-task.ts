import { resolve } from 'node:path';
import { hashFile } from '../../formats/hash-source.js';
import { file, options } from '../../schema/schema-leaves.js';
import { bootstrapOrNone } from '../bootstrap-setting.js';
import { overOutputs } from '../first-output.js';
import { anyOutputMisfit } from '../output-shape.js';
import { relativeSquaredError } from '../relative-squared-error.js';
import { ofEachShape } from '../shape-misfits.js';
import { defineTask } from '../task.js';
import { mergeEvidenceStates } from './evidence-state.js';
import { finishModuleMetric, openModuleMetric } from './module-metric.js';

export const moduleTask = defineTask({
  description: 'A metric of your own, an ES module. Runs with --allow-code only.',
  metrics: {},
  settings: {
    path: file('the path of an ES module', 'The module; its default export makes the metric.'),
    options: options(),
    bootstrap: bootstrapOrNone,
  },
  outputs: 'several',
  readsIntegers: false,
  needs: null,
  // The module says so once it is opened.
  needsReference: false,
  countsSamples: false,
  judgedAs: null,
  locate: ({ path, options: given, bootstrap }, folder) => ({
    path: resolve(folder, path),
    options: given,
    bootstrap,
  }),
  code: ({ path }) => ({ what: `metric ${path}`, sha256: () => hashFile(path) }),
  paths: ['path'],
  keyed: ({ options: given, bootstrap }, sha256) => ({ sha256, options: given, bootstrap }),
  divergence: overOutputs(relativeSquaredError),
  misfit: ofEachShape(anyOutputMisfit),
  labelMisfit: () => null,
  isChoosy: true,
  open: openModuleMetric,
  merge: mergeEvidenceStates,
  finish: finishModuleMetric,
});
