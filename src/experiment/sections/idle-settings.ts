import type { Assignment } from '../grid/expand-grid.js';
import type { Place } from '../experiment-error.js';
import { formatPlace } from '../experiment-error.js';
import { nodeAt, toPlain } from '../file/located-node.js';
import type { LocatedMapping } from '../file/located-node.js';
import type { Block } from '../grid/read-grid.js';
import type { RunSettings } from './run.js';
import type { IdleRule } from './section.js';
import { sectionNames, sections } from './sections.js';
import type { FileSettings } from './sections.js';

type Run = Pick<RunSettings, 'optimizationLevel'>;

/** The rules of all sections, by the setting's dotted path in the file. */
const rulesByPath: ReadonlyMap<string, IdleRule<FileSettings & { readonly run: Run }>> = new Map(
  sectionNames.flatMap((name) => (sections[name].idle ?? []).map((rule) => [`${name}.${rule.path}`, rule] as const)),
);

/** What makes the setting idle in a trial; null where it has an effect, or asks for none. */
function idleBeside(path: string, settings: FileSettings, run: Run): string | null {
  const rule = rulesByPath.get(path)!;
  return 'off' in rule && valueAt(settings, path) === rule.off ? null : rule.idleBeside({ ...settings, run });
}

function valueAt(settings: FileSettings, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, segment) => (value as Record<string, unknown> | null)?.[segment], settings);
}

/** A setting as it was written: in a block of the grid, or once for all blocks. */
interface Written {
  /** Dotted path in the file. */
  readonly path: string;
  readonly place: Place;
  /** `grid[3]`; empty for a fixed setting. */
  readonly block: string;
  readonly reasons: Set<string>;
  isUsed: boolean;
}

/** Watches the points of a grid for settings that were written and have no effect in any trial. */
export class IdleSettings {
  readonly #run: Run;
  readonly #fixed: ReadonlyMap<string, Written>;
  readonly #ofBlocks: readonly ReadonlyMap<string, Written>[];

  /** @param blockNames `grid[3]` of each block, or `grid` of the only one */
  constructor(root: LocatedMapping, blocks: readonly Block[], blockNames: readonly string[], run: Run) {
    this.#run = run;
    this.#fixed = new Map(
      [...rulesByPath.keys()].flatMap((path) => {
        const node = nodeAt(root, path.split('.'));
        // A null stands for the default, as a setting that was left out.
        if (node === undefined || toPlain(node) === null) return [];
        return [[path, written(path, node.place, '')] as const];
      }),
    );
    this.#ofBlocks = blocks.map(
      ({ axes }, index) =>
        new Map(
          axes.flatMap(({ settings, keyPlaces }) =>
            settings.flatMap(({ path }, column) => {
              if (!rulesByPath.has(path)) return [];
              return [[path, written(path, keyPlaces[column]!, blockNames[index]!)] as const];
            }),
          ),
        ),
    );
  }

  /** Looks at one trial of a block, or of the fixed settings alone. */
  see(block: number, point: readonly Assignment[], settings: FileSettings): void {
    const own = this.#ofBlocks[block] ?? new Map<string, Written>();
    const assigned = new Set(point.map(({ setting }) => setting.path));
    const all = [...own.values(), ...[...this.#fixed.values()].filter(({ path }) => !assigned.has(path))];
    for (const each of all) {
      if (each.isUsed) continue;
      const reason = idleBeside(each.path, settings, this.#run);
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
        ({ path, place, block, reasons }) =>
          `${formatPlace(place)}: ${block === '' ? '' : `${block}.`}${path} has no effect ${[...reasons].join(', or ')}.`,
      );
  }
}

function written(path: string, place: Place, block: string): Written {
  return { path, place, block, reasons: new Set(), isUsed: false };
}
