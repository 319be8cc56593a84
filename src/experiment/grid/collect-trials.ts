import { canonicalSettings, sectionsOf } from '../sections/canonical-settings.js';
import { MemoByParts } from '../../memo/memo-by-parts.js';
import { memoizeByIdentity } from '../../memo/memoize-by-identity.js';
import type { BaselineRole, ExpandedTrial, TrialRole } from '../sections/settings.js';

/**
 * Whether an axis can make two trials of that role differ: fp32 depends on model, evaluation and
 * task alone.
 */
function isAxisOf(role: TrialRole, path: string): boolean {
  const [section] = path.split('.');
  switch (role) {
    case 'candidate':
    case 'sensitivity':
      return true;
    case 'unsmoothed':
      return section !== 'smoothing' && section !== 'search';
    case 'fp32':
      return section === 'model' || section === 'task' || /^data\.(evaluation|preprocess)\./.test(path);
  }
}

function inRole(role: TrialRole, trial: ExpandedTrial): ExpandedTrial {
  if (role === 'candidate' || role === 'sensitivity') return { ...trial, role };
  const axes = Object.fromEntries(Object.entries(trial.axes).filter(([path]) => isAxisOf(role, path)));
  if (role === 'fp32') return { role, settings: trial.settings, axes };
  return { role, settings: { ...trial.settings, smoothing: { ...trial.settings.smoothing, mode: 'none' } }, axes };
}

function ownRole({ settings }: ExpandedTrial): TrialRole {
  if (settings.layers.sensitivity !== 'none') return 'sensitivity';
  return settings.smoothing.mode === 'none' ? 'unsmoothed' : 'candidate';
}

/**
 * A trial of one layer's sensitivity is held against its own sweep's other trials, not an
 * unsmoothed twin for each layer.
 */
function hasBaseline(role: BaselineRole, { settings }: ExpandedTrial): boolean {
  return role === 'fp32' || settings.layers.sensitivity === 'none';
}

const jsonOnce = memoizeByIdentity<object, undefined, string>((section) => JSON.stringify(section));

function textOf(section: unknown): string {
  return typeof section === 'object' && section !== null ? jsonOnce(section) : JSON.stringify(section);
}

/**
 * The trials of a sweep: for each baseline the counterpart of every trial of the grid, fp32 first,
 * then the grid; each once, judged by what can influence its result. A trial of the grid without
 * smoothing is an `unsmoothed` trial, one of a layer's sensitivity a `sensitivity` trial.
 */
export function collectTrials(
  grid: readonly ExpandedTrial[],
  baselines: readonly BaselineRole[],
): readonly ExpandedTrial[] {
  const byContent = new Map<string, ExpandedTrial>();
  const add = (role: TrialRole, trial: ExpandedTrial): void => {
    const content = Object.values(canonicalSettings(role, trial.settings)).map(textOf).join('\n');
    if (!byContent.has(content)) byContent.set(content, inRole(role, trial));
  };
  for (const role of ['fp32', 'unsmoothed'] as const) {
    if (!baselines.includes(role)) continue;
    const counterparts = new MemoByParts<ExpandedTrial>();
    for (const trial of grid.filter((each) => hasBaseline(role, each)))
      counterparts.get(sectionsOf(role, trial.settings), () => {
        add(role, trial);
        return trial;
      });
  }
  for (const trial of grid) add(ownRole(trial), trial);
  return [...byContent.values()];
}
