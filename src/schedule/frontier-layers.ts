import type { FrontierKeepStage } from '../plan/plan.js';
import type { ChoosingLayer } from '../frontier/assignment-curve.js';
import type { FoundLayer, Layer } from '../onnx/layers/layers.js';
import { storedBytes } from '../quantize/quantizers/stored-bytes.js';
import { bitsOfLayers } from '../quantize/select-layers.js';
import type { LayerRankRecord } from '../records/rank-record.js';
import { UnknownMacsError } from './unknown-macs-error.js';

interface FrontierSources {
  readonly stage: Pick<FrontierKeepStage, 'settings' | 'frontier'>;
  readonly layers: readonly FoundLayer[];
  /** Names of those that are quantized. */
  readonly selected: readonly string[];
  /** With the errors at the bits of the frontier. */
  readonly ranking: readonly LayerRankRecord[];
  /** For one sample, by layer. */
  readonly macs: ReadonlyMap<string, number> | undefined;
}

const FLOAT_BITS = 32;

/**
 * What each layer may have, with the cost and the predicted damage of each: its measured divergence
 * at the fewest bits, alone, times how much smaller its error is at others. Layers whose rule gives
 * them bits keep those.
 *
 * @throws UnknownMacsError
 */
export function frontierLayers({
  stage: { settings, frontier },
  layers,
  selected,
  ranking,
  macs,
}: FrontierSources): readonly ChoosingLayer[] {
  const { activation, weight } = settings.quantization!;
  const ruled = bitsOfLayers(layers, settings.layers!);
  const ranks = new Map(ranking.map((each) => [each.layer, each]));
  const byName = new Map(layers.filter((layer) => layer.supported).map((layer) => [layer.name, layer]));
  const quantizedBits = frontier.bits.filter((bits) => bits !== 'float');
  const costOf = (layer: Layer, bits: number | null): number => {
    if (frontier.minimize === 'size') {
      return storedBytes(layer, {
        bits,
        granularity: weight.granularity,
        signed: weight.scheme !== 'asymmetric',
      });
    }
    const own = macs?.get(layer.name);
    if (own === undefined) throw new UnknownMacsError(layer.name);
    const inputBits = ruled.get(layer.name)?.activation ?? activation.bits;
    return own * (bits === null ? FLOAT_BITS * FLOAT_BITS : bits * inputBits);
  };
  return selected.map((name) => {
    const layer = byName.get(name)!;
    const { divergence, errors } = ranks.get(name)!;
    const fixed = ruled.get(name)?.weight ?? null;
    const most = errors![0]!;
    const damageAt = (index: number): number => (most > 0 ? (Math.max(0, divergence) * errors![index]!) / most : 0);
    const own =
      fixed !== null
        ? [{ bits: fixed, damage: damageAt(0) }]
        : [
            ...quantizedBits.map((bits, index) => ({ bits, damage: damageAt(index) })),
            ...(frontier.bits.includes('float') ? [{ bits: null, damage: 0 }] : []),
          ];
    return { layer: name, choices: own.map(({ bits, damage }) => ({ bits, damage, cost: costOf(layer, bits) })) };
  });
}
