import type { ProviderRequest } from '../../experiment/sections/settings.js';

/** What sessions can run on. */
export type Provider = Exclude<ProviderRequest, 'auto'>;

/**
 * The form in which a provider runs models best; none changes a number.
 *
 * - `asWritten`
 * - `fastestOfEquals`: of the equal forms of fake quantizers the one that is the fastest on this
 *   machine.
 * - `roundingByAdding`: the rounding of quantizers written as additions, where these round on the
 *   device as it takes; for a provider that has no kernel for Round.
 */
export type ModelForm = 'asWritten' | 'fastestOfEquals' | 'roundingByAdding';

/** How the children of a sweep lie on a machine's devices. */
export interface DeviceLayout {
  /** Devices that children are dealt to in turn. */
  readonly devices: number;
  /** Children where `run.slots` is left out. */
  readonly slots: number;
  /** Threads of a child where `run.threads` is left out. */
  threads(slots: number): number;
  /** What the slot is called, e.g. `cuda:1`. */
  name(slot: number, device: number): string;
}

/** Everything that the program knows of one provider. */
export interface ProviderDescription {
  /** What the runtime calls it, in its profiles. */
  readonly executionProvider: string;
  /** How a session asks the runtime for it. */
  sessionOption(deviceId: number): Provider | { readonly name: 'cuda'; readonly deviceId: number };
  /** Why it can't run here, as far as that shows without loading it; null where it may. */
  obstacle(): string | null;
  layout(): DeviceLayout;
  readonly form: ModelForm;
  /**
   * True where children take the machine's own memory for models and tensors, so that it can be
   * foretold.
   */
  readonly usesHostMemory: boolean;
  /** True where a device works while the next batch is read. */
  readonly readsAhead: boolean;
  /**
   * Share of a tensor's absmax by which equal work may differ: on the CPU no bit should, GPUs may
   * reorder sums.
   */
  readonly tolerance: number;
  /**
   * Which probes tell its numerics class: `everything`, with and without optimization and on
   * integers; or floats as they are optimized. `matrixProducts` where the runtime times algorithms
   * of convolutions to choose one, so that their bits differ from process to process.
   */
  readonly probes: 'everything' | 'floats' | 'matrixProducts';
  /**
   * Samples of one run of a loss graph at most, for speed; null: as many as of any other. Such a
   * graph holds several tensors of each layer at once.
   */
  readonly mostLossSamples: number | null;
}
