/** Weighted operators that can be quantized. */
export type LayerOp = 'Conv' | 'ConvTranspose' | 'Gemm' | 'MatMul';
