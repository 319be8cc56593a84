import { calibrators } from '../../calibrate/calibrators/registry.js';
import { activationSchemes } from '../../calibrate/schemes/activation-schemes.js';
import { weightSchemes } from '../../calibrate/schemes/weight-schemes.js';
import { alphaModeOf } from '../../smooth/canonical-smoothing.js';
import { searchesAlphas, smoothingModes } from '../../smooth/modes/registry.js';
import type { AlphaOrigin } from '../../smooth/modes/smoothing-mode.js';
import type { Assignment } from '../grid/expand-grid.js';
import type { Place } from '../experiment-error.js';
import { formatPlace } from '../experiment-error.js';
import { nodeAt, toPlain } from '../file/located-node.js';
import type { LocatedMapping } from '../file/located-node.js';
import type { Block } from '../grid/read-grid.js';
import { findSetting } from './setting-paths.js';
import type { RunSettings } from './settings.js';
import type { FileSettings } from './settings-schema.js';

/** A setting that some other settings make idle. */
interface IdleRule {
  /** Dotted path, as in the file. */
  readonly path: string;
  /** What makes it idle in a trial, e.g. `beside smoothing.mode static`; null where it has an effect. */
  readonly idleBeside: (settings: FileSettings, run: Pick<RunSettings, 'optimizationLevel'>) => string | null;
}

const alphaText = ({ smoothing }: FileSettings): string =>
  alphasOf({ smoothing }) === 'fixed' ? `beside a fixed smoothing.alpha` : `beside smoothing.mode ${smoothing.mode}`;

function alphasOf({ smoothing }: Pick<FileSettings, 'smoothing'>): AlphaOrigin {
  return smoothingModes[alphaModeOf(smoothing)].alphas;
}

const isSearchedPerLayer = (settings: FileSettings): boolean => alphasOf(settings) === 'searchedPerLayer';

const search = (
  path: string,
  usedBy: (settings: FileSettings) => boolean,
  otherwise: (settings: FileSettings) => string,
): IdleRule => ({
  path: `search.${path}`,
  idleBeside: (settings) => {
    if (!searchesAlphas(alphaModeOf(settings.smoothing))) return alphaText(settings);
    return usedBy(settings) ? null : otherwise(settings);
  },
});

const auto = 'beside smoothing.alpha auto, which always goes by the divergence of the output';

/** Every setting that depends on others for its effect. */
const rules: readonly IdleRule[] = [
  {
    path: 'quantization.activation.percentile',
    idleBeside: ({ quantization: { activation } }) =>
      calibrators[activation.calibrator].parameters.includes('percentile')
        ? null
        : `beside quantization.activation.calibrator ${activation.calibrator}`,
  },
  {
    path: 'quantization.activation.narrowRange',
    idleBeside: ({ quantization: { activation } }) =>
      !activation.narrowRange || activationSchemes[activation.scheme].canBeNarrow
        ? null
        : `beside quantization.activation.scheme ${activation.scheme}`,
  },
  {
    path: 'quantization.weight.narrowRange',
    idleBeside: ({ quantization: { weight } }) =>
      !weight.narrowRange || weightSchemes[weight.scheme].canBeNarrow
        ? null
        : `beside quantization.weight.scheme ${weight.scheme}`,
  },
  {
    path: 'quantization.biasCorrection.samples',
    idleBeside: ({ quantization: { biasCorrection } }) =>
      biasCorrection.method === 'none' ? 'beside quantization.biasCorrection.method none' : null,
  },
  {
    path: 'quantization.execution',
    idleBeside: ({ quantization: { execution } }, { optimizationLevel }) =>
      execution === 'integer' && optimizationLevel === 'disabled'
        ? 'beside run.optimizationLevel disabled, at which nothing is fused to integer kernels'
        : null,
  },
  {
    path: 'smoothing.alpha',
    idleBeside: ({ smoothing: { mode } }) =>
      smoothingModes[mode].alphas === 'fixed' ? null : `beside smoothing.mode ${mode}`,
  },
  {
    path: 'smoothing.absmax',
    idleBeside: ({ smoothing: { mode } }) =>
      smoothingModes[mode].readsAbsmax ? null : `beside smoothing.mode ${mode}`,
  },
  {
    path: 'smoothing.apply',
    idleBeside: ({ smoothing: { mode } }) =>
      smoothingModes[mode].apply === 'asSet' ? null : `beside smoothing.mode ${mode}`,
  },
  search(
    'candidates',
    () => true,
    () => '',
  ),
  search(
    'samples',
    () => true,
    () => '',
  ),
  search(
    'ties',
    () => true,
    () => '',
  ),
  search('order', isSearchedPerLayer, () => auto),
  search(
    'objective',
    (settings) => isSearchedPerLayer(settings) && settings.search.order !== 'output',
    (settings) => (isSearchedPerLayer(settings) ? 'beside search.order output, which goes by its divergence' : auto),
  ),
  search(
    'sweeps',
    (settings) => isSearchedPerLayer(settings) && settings.search.order === 'output',
    (settings) => (isSearchedPerLayer(settings) ? `beside search.order ${settings.search.order}` : auto),
  ),
  {
    path: 'layers.focus',
    idleBeside: ({ layers: { sensitivity } }) => (sensitivity === 'none' ? 'without layers.sensitivity' : null),
  },
  {
    path: 'data.evaluation.stop.confidence',
    idleBeside: ({ layers, smoothing, data }) => {
      if (data.evaluation.stop.confidence === null) return null;
      if (layers.sensitivity !== 'none') return `beside layers.sensitivity ${layers.sensitivity}`;
      return smoothing.mode === 'none' ? 'beside smoothing.mode none' : null;
    },
  },
];

const rulesByPath = new Map(rules.map((rule) => [rule.path, rule]));

/** A setting as it was written: in a block of the grid, or once for all blocks. */
interface Written {
  readonly rule: IdleRule;
  readonly place: Place;
  /** `grid[3]`; empty for a fixed setting. */
  readonly block: string;
  readonly reasons: Set<string>;
  isUsed: boolean;
}

/** Watches the points of a grid for settings that were written and have no effect in any trial. */
export class IdleSettings {
  readonly #run: Pick<RunSettings, 'optimizationLevel'>;
  readonly #fixed: ReadonlyMap<string, Written>;
  readonly #ofBlocks: readonly ReadonlyMap<string, Written>[];

  /** @param blockNames `grid[3]` of each block, or `grid` of the only one */
  constructor(
    root: LocatedMapping,
    blocks: readonly Block[],
    blockNames: readonly string[],
    run: Pick<RunSettings, 'optimizationLevel'>,
  ) {
    this.#run = run;
    this.#fixed = new Map(
      rules.flatMap((rule) => {
        const node = nodeAt(root, findSetting(rule.path)!.segments);
        // A null stands for the default, as a setting that was left out.
        if (node === undefined || toPlain(node) === null) return [];
        return [[rule.path, written(rule, node.place, '')] as const];
      }),
    );
    this.#ofBlocks = blocks.map(
      ({ axes }, index) =>
        new Map(
          axes.flatMap(({ settings, keyPlaces }) =>
            settings.flatMap(({ path }, column) => {
              const rule = rulesByPath.get(path);
              return rule === undefined ? [] : [[path, written(rule, keyPlaces[column]!, blockNames[index]!)] as const];
            }),
          ),
        ),
    );
  }

  /** Looks at one trial of a block, or of the fixed settings alone. */
  see(block: number, point: readonly Assignment[], settings: FileSettings): void {
    const own = this.#ofBlocks[block] ?? new Map<string, Written>();
    const assigned = new Set(point.map(({ setting }) => setting.path));
    const all = [...own.values(), ...[...this.#fixed.values()].filter(({ rule }) => !assigned.has(rule.path))];
    for (const each of all) {
      if (each.isUsed) continue;
      const reason = each.rule.idleBeside(settings, this.#run);
      if (reason === null) each.isUsed = true;
      else each.reasons.add(reason);
    }
  }

  /** One line for each setting without effect: where it stands, and what makes it idle. */
  notes(): readonly string[] {
    const all = [...this.#fixed.values(), ...this.#ofBlocks.flatMap((own) => [...own.values()])];
    return all
      .filter(({ isUsed, reasons }) => !isUsed && reasons.size > 0)
      .map(
        ({ rule, place, block, reasons }) =>
          `${formatPlace(place)}: ${block === '' ? '' : `${block}.`}${rule.path} has no effect ${[...reasons].join(', or ')}.`,
      );
  }
}

function written(rule: IdleRule, place: Place, block: string): Written {
  return { rule, place, block, reasons: new Set(), isUsed: false };
}
