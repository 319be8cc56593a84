import type { LayerPageFacts } from '../../facts/layer-page-facts.js';
import { outlierFrom } from '../../facts/layer-page-facts.js';
import { countText, significantText } from '../../number-text.js';
import type { Row } from '../../query.js';
import { numberOf, numberOrNull, textOf, textOrNull } from '../../query.js';

/** What a row of the suggestions is about. */
export type SuggestionKind = 'scheme' | 'calibrator' | 'alpha' | 'granularity' | 'weightBits' | 'inputBits' | 'float';

/** The kind of a row. */
export function kindOf(row: Row): SuggestionKind {
  return textOf(row, 'kind') as SuggestionKind;
}

/** What the layer's picture shows. */
export function reasonText(row: Row): string {
  const number = (column: string): string => significantText(numberOrNull(row, column), 3).replace('-', '−');
  const share = `${(100 * (numberOrNull(row, 'weight_share') ?? 0)).toFixed(0)} %`;
  switch (kindOf(row)) {
    case 'scheme':
      return numberOf(row, 'lowest') >= 0
        ? 'No value is below 0: half of the signed grid is unused.'
        : `Values go from ${number('lowest')} to ${number('highest')}: most of the signed grid below 0 is unused.`;
    case 'calibrator':
      return (numberOrNull(row, 'clipped') ?? 0) > 0 && numberOf(row, 'high_999') >= numberOf(row, 'high')
        ? `The range cuts off ${significantText(100 * numberOf(row, 'clipped'), 2)} % of the values, which costs more than the finer step saves.`
        : `Long tail: the range ends at ${number('high')}, but 99.9 % of the values are within ${number('high_999')}.`;
    case 'alpha':
      return `${numberOf(row, 'outliers')} of ${countText(numberOf(row, 'channels'), 'channel')} have at least ${outlierFrom} times the median absmax and set the step of all.`;
    case 'granularity':
      return `${share} of the squared error comes from its weight, whose output channels share one range.`;
    case 'weightBits':
    case 'float':
      return `One of the layers that lose most; ${share} of it comes from its weight (${number('weight_bits')} bits).`;
    case 'inputBits':
      return `One of the layers that lose most; ${(100 - 100 * numberOf(row, 'weight_share')).toFixed(0)} % of it comes from its input (${number('bits')} bits).`;
  }
}

/** The line of a block of `grid` that tries it. */
export function yamlLine(row: Row, facts: LayerPageFacts): string {
  const value = (): string => String(row['value']);
  switch (kindOf(row)) {
    case 'scheme':
      return `quantization.activation.scheme: ${value()}`;
    case 'calibrator': {
      const percentile = numberOrNull(row, 'percentile');
      const also = percentile === null ? '' : `\nquantization.activation.percentile: ${percentile}`;
      return `quantization.activation.calibrator: ${value()}${also}`;
    }
    case 'alpha':
      return `smoothing.alpha: ${value()}`;
    case 'granularity':
      return `quantization.weight.granularity: ${value()}`;
    case 'weightBits':
      return rulesLine(facts, { activationBits: numberOf(row, 'bits'), weightBits: Number(value()) });
    case 'inputBits':
      return rulesLine(facts, { activationBits: Number(value()), weightBits: numberOf(row, 'weight_bits') });
    case 'float':
      return rulesLine(facts, { precision: 'float' });
  }
}

/** The trial's rules and one more for the layer: the last that matches applies, as a whole. */
function rulesLine({ sweep, layer, shown }: LayerPageFacts, rule: Readonly<Record<string, string | number>>): string {
  const settings = sweep.allTrials.find(({ trial }) => trial === shown[0]?.trial)?.settings;
  const rules = (settings as { readonly layers?: { readonly rules?: readonly object[] } | null } | null)?.layers?.rules;
  const all = [...(rules ?? []), { match: layer.name, ...rule }].map((one) => {
    const parts = Object.entries(one as Record<string, unknown>).filter(([, value]) => value !== null);
    return `{ ${parts.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ')} }`;
  });
  return `layers.rules: [[${all.join(', ')}]]`;
}

/** What the stored histogram, or the measured shares, let one expect. */
export function expectedText(row: Row): string {
  const [input, layer] = [numberOrNull(row, 'input_ratio'), numberOrNull(row, 'layer_ratio')];
  const ofNow = (ratio: number): string => `${significantText(ratio, 2)} of now`;
  switch (kindOf(row)) {
    case 'scheme':
      return input === null ? '–' : `input error ${ofNow(input)}`;
    case 'calibrator':
      return `input error ${ofNow(input ?? 1)} (${textOrNull(row, 'calibrators') ?? ''})`;
    case 'alpha': {
      const range = `weight range ${significantText(numberOrNull(row, 'weight_range'), 3)}×`;
      return `input error ${ofNow(input ?? 1)}, ${range}${layer === null ? '' : `; together ${ofNow(layer)}`}`;
    }
    case 'granularity':
      return 'not known before it is tried';
    case 'weightBits':
    case 'inputBits':
      return layer === null ? '–' : `the layer’s error ${ofNow(layer)}`;
    case 'float':
      return 'no error of its own';
  }
}

/** What an otherwise equal trial of the sweep measured. */
export function measuredText(row: Row): string {
  const trial = numberOrNull(row, 'trial');
  if (trial === null) return 'not measured';
  const mode = textOf(row, 'measured_mode');
  const what = mode === 'activation' ? 'input error' : mode === 'isolated' ? 'the layer’s error' : 'accumulated error';
  const ratio = numberOrNull(row, 'measured_ratio');
  return `${what} ${ratio === null ? '–' : `${significantText(ratio, 2)} of now`} in trial ${trial}`;
}
