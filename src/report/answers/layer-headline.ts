import { significantText } from '../number-text.js';
import type { Phrase, Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';
import type { ChannelSummary, LayerPageFacts, ShownTrial } from '../facts/layer-page-facts.js';
import { shortName } from '../facts/layer-page-facts.js';

/**
 * What smoothing did to the layer in the best trial: alpha, spread of the channels, ranges, loss
 * against unsmoothed.
 */
export function layerHeadline({ sweep, layer, shown, channels }: LayerPageFacts): Sentence {
  if (layer.unsupported !== null) return sentence(`This layer can’t be quantized: ${layer.unsupported}`);
  const [first] = shown;
  if (first === undefined) return sentence('No finished setting quantizes this layer yet.');
  if (first.unsmoothed) return sentence(`So far only unsmoothed settings have finished (${shortName(first.label)}).`);
  const plain = shown.find((trial) => trial.unsmoothed) ?? null;
  return sentence(
    first.trial === sweep.best?.trial ? 'In the best setting, ' : 'In the best setting that quantizes this layer, ',
    strong(shortName(first.label)),
    ', smoothing ',
    ...(first.alpha === null
      ? ['this layer ']
      : ['this layer at ', strong(`alpha ${significantText(first.alpha)}`), ' ']),
    ...joined([
      ...(channels === null ? [] : [spread(channels)]),
      ...(first.input === null ? [] : [range(first.input, 'input')]),
      ...(first.weight === null ? [] : [range(first.weight, 'weight')]),
    ]),
    '.',
    ...lossAgainst(first, plain),
  );
}

/** Largest channel over the median one. */
function spread({ max, median, maxSmoothed, medianSmoothed }: ChannelSummary): readonly (string | Phrase)[] {
  if (median === 0 || medianSmoothed === 0) {
    return [
      'takes the largest of its input channels from ',
      strong(significantText(max, 3)),
      ' to ',
      strong(significantText(maxSmoothed, 3)),
      ' (half of them are 0)',
    ];
  }
  return [
    'takes the spread of its input channels (largest over median absmax) from ',
    strong(`${significantText(max / median, 3)}×`),
    ' to ',
    strong(`${significantText(maxSmoothed / medianSmoothed, 3)}×`),
  ];
}

function range(
  { amax, amaxUnsmoothed }: NonNullable<ShownTrial['input']>,
  role: 'input' | 'weight',
): readonly (string | Phrase)[] {
  return [`${role} amax from ${significantText(amaxUnsmoothed, 3)} to `, strong(significantText(amax, 3))];
}

function lossAgainst(first: ShownTrial, plain: ShownTrial | null): readonly (string | Phrase)[] {
  if (first.loss === null) return [];
  const own = [' Its L1 loss is ', strong(significantText(first.loss, 3))];
  if (plain?.loss === null || plain === null) return [...own, '.'];
  const unsmoothed = significantText(plain.loss, 3);
  if (plain.loss === 0) return [...own, ` (unsmoothed ${unsmoothed}).`];
  const percent = (100 * (first.loss / plain.loss - 1)).toFixed(0);
  const change = Number(percent) === 0 ? 'the same' : `${percent.replace('-', '−')}\u00a0%`.replace(/^(?=\d)/, '+');
  return [...own, ` against ${unsmoothed} unsmoothed (`, strong(change), ', lower is better).'];
}

/** `a, b and c`. */
function joined(parts: readonly (readonly (string | Phrase)[])[]): (string | Phrase)[] {
  return parts.flatMap((part, index) => [
    ...(index === 0 ? [] : [index === parts.length - 1 ? ' and ' : ', ']),
    ...part,
  ]);
}
