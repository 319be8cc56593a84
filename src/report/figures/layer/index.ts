import type { PageFigure } from '../figure.js';
import type { LayerPageFacts } from '../../facts/layer-page-facts.js';
import { activationHistograms } from './activation-histograms.js';
import { damageOverTrials } from './damage-over-trials.js';
import { channels } from './channels.js';
import { lossOverAlpha } from './loss-over-alpha.js';
import { outlierChannels } from './outlier-channels.js';
import { outputQuantizer } from './output-quantizer.js';
import { predictedOverTrials } from './predicted-over-trials.js';
import { suggestions } from './suggestions.js';
import { surroundings } from './surroundings.js';

/** Every figure of the page of a layer, in order. */
export const layerFigures: readonly PageFigure<LayerPageFacts>[] = [
  suggestions,
  channels,
  outlierChannels,
  activationHistograms,
  outputQuantizer,
  damageOverTrials,
  predictedOverTrials,
  lossOverAlpha,
  surroundings,
];
