import { sixDigits } from './six-digits.js';

/** Every measure of v_layer_loss that charts switch among. */
export const lossColumns = [
  ...['l1', 'rel_l1', 'mse', 'sqnr_db'].map((column) => sixDigits(column, column)),
  sixDigits('1 - cosine', 'cosine_distance'),
  sixDigits('max_abs', 'max_abs'),
];

/** How much of the network was quantized; the first that is stored is shown at first. */
export const lossModes = [
  { value: 'accumulated', label: 'the whole network (accumulated)' },
  { value: 'isolated', label: 'the layer alone (isolated)' },
  { value: 'weight', label: 'the layer’s weight alone' },
  { value: 'activation', label: 'the layer’s input alone' },
];
