import { describe, expect, it } from 'vitest';
import { checkFallback, FallbackError, fallbackOf } from '../../../src/engine/session/check-fallback.js';

const cpu = 'CPUExecutionProvider';
const cuda = 'CUDAExecutionProvider';
const webgpu = 'WebGpuExecutionProvider';

describe('fallbackOf', () => {
  it('has nothing to say where the provider ran everything', () => {
    expect(fallbackOf({ [cuda]: { Conv: 21, Gemm: 1 } }, 'cuda')).toBeNull();
    expect(fallbackOf({ [cpu]: { Conv: 21 } }, 'cpu')).toBeNull();
  });

  it('allows operators on the CPU that do little of the work', () => {
    expect(fallbackOf({ [webgpu]: { Conv: 21 }, [cpu]: { Round: 22, Shape: 1, Gather: 1 } }, 'webgpu')).toBeNull();
  });

  it.each([
    'Conv',
    'ConvTranspose',
    'FusedConv',
    'QLinearConv',
    'ConvInteger',
    'Gemm',
    'QGemm',
    'FusedGemm',
    'MatMul',
    'FusedMatMul',
    'MatMulInteger',
    'DynamicQuantizeMatMul',
    'MultiHeadAttention',
    'Einsum',
    'LSTM',
  ])('names %s on the CPU', (operator) => {
    expect(fallbackOf({ [cuda]: { Conv: 20 }, [cpu]: { Add: 2, [operator]: 3 } }, 'cuda')).toBe(
      `3 ${operator} on ${cpu}`,
    );
  });

  it('names all that ran elsewhere, whatever provider that is', () => {
    const kernels = { [cpu]: { Conv: 1, MatMul: 2 }, TensorrtExecutionProvider: { Gemm: 4 }, [cuda]: { Relu: 1 } };
    expect(fallbackOf(kernels, 'cuda')).toBe(
      '1 Conv on CPUExecutionProvider, 2 MatMul on CPUExecutionProvider, 4 Gemm on TensorrtExecutionProvider',
    );
  });

  it('says so where the provider did nothing, even of light work', () => {
    expect(fallbackOf({ [cpu]: { Relu: 3 } }, 'webgpu')).toBe(`all of it on ${cpu}`);
  });
});

describe('checkFallback', () => {
  it('throws what was expected, what came, and what to do', () => {
    const check = (): void => {
      checkFallback({ [cuda]: { Conv: 1 }, [cpu]: { Conv: 2 } }, 'cuda');
    };
    expect(check).toThrow(FallbackError);
    expect(check).toThrow(
      /^Expected the model to run on cuda, .* got 2 Conv on CPUExecutionProvider .*run\.allowFallback: true/,
    );
  });

  it('lets pass what ran where it should', () => {
    expect(() => {
      checkFallback({ [cuda]: { Conv: 1 }, [cpu]: { Shape: 2 } }, 'cuda');
    }).not.toThrow();
  });
});
