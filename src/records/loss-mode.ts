/**
 * `accumulated`: the whole network quantized. The others feed the layer alone the FP32 input:
 * `isolated` quantizes its input and weight, `weight` and `activation` only the one.
 */
export type LossMode = 'accumulated' | 'isolated' | 'weight' | 'activation';
