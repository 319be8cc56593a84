/** Weighted operators that can be quantized. */
export const layerOpNames = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'] as const;

export type LayerOp = (typeof layerOpNames)[number];
