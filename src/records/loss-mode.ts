/**
 * `accumulated`: the whole network quantized. The others feed the layer alone the FP32 input:
 * `isolated` quantizes its input and weight, `weight` and `activation` only the one.
 */
export const lossModes = ['accumulated', 'isolated', 'weight', 'activation'] as const;

export type LossMode = (typeof lossModes)[number];
