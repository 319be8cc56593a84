import { alphaModes, modesWithAlphas, smoothingModes, type AlphaMode } from '../../smooth/modes/registry.js';
import type { ModeAppearance } from '../../smooth/modes/smoothing-mode.js';

const isSmoothing = (mode: AlphaMode): boolean => smoothingModes[mode].apply !== 'none';

/** Their points have one alpha for all layers: they stand on an axis of it. */
const onAlphaAxis = modesWithAlphas('fixed', 'searchedOnce');

/** With alphas of the settings, which a line joins. */
export const lineModes = modesWithAlphas('fixed');

/** With one alpha, which a search chose: points on the axis. */
export const pointModes = modesWithAlphas('searchedOnce');

/** Without one alpha for all layers: they stand beside the axis. */
export const besideModes = alphaModes.filter((mode) => isSmoothing(mode) && !onAlphaAxis.includes(mode));

/** Without alphas of layers either: beside the axis of a layer's own alpha too. */
export const modesWithoutAlpha = modesWithAlphas('none').filter(isSmoothing);

/** A Vega expression: true of rows with one of the modes in `alpha_mode`. */
export function isMode(modes: readonly AlphaMode[]): string {
  return modes.length === 1
    ? `datum.alpha_mode == '${modes[0]}'`
    : `indexof(${JSON.stringify(modes)}, datum.alpha_mode) >= 0`;
}

/** The shape of each mode's points; a circle where none is named. */
export const modeShape = {
  condition: alphaModes
    .filter((mode) => smoothingModes[mode].appearance.mark !== 'circle')
    .map((mode) => ({ test: isMode([mode]), value: smoothingModes[mode].appearance.mark })),
  value: 'circle',
};

const markNames: Readonly<Record<ModeAppearance['mark'], string>> = {
  circle: 'circles',
  square: 'squares',
  diamond: 'diamonds',
  'triangle-up': 'triangles',
  'triangle-down': 'triangles on their tips',
  cross: 'crosses',
};

/** `diamonds at the right: dynamic alpha, one per layer`. */
export function markText(mode: AlphaMode, where = ''): string {
  const { alphas, appearance } = smoothingModes[mode];
  const each = alphas === 'searchedPerLayer' ? ', one for each layer' : '';
  return `${markNames[appearance.mark]}${where}: ${appearance.phrase}${each}`;
}
