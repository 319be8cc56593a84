import type { PageFigure } from '../../figure.js';
import type { LayerPageFacts } from '../../pages/layer-page.js';
import { layerLosses } from './layer-losses.js';

/** Every figure of the page of a layer, in order. */
export const layerFigures: readonly PageFigure<LayerPageFacts>[] = [layerLosses];
