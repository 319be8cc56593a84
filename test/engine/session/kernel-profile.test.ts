import { describe, expect, it } from 'vitest';
import { kernelProfile, type ProfileEvent } from '../../../src/engine/session/kernel-profile.js';

const ran = (op: string, provider: string): ProfileEvent => ({
  name: `/layer/${op}_kernel_time`,
  args: { op_name: op, provider },
});

describe('kernelProfile', () => {
  it('counts nodes by provider and operator, in an order of their own', () => {
    const events = [
      ran('Relu', 'WebGpuExecutionProvider'),
      ran('Round', 'CPUExecutionProvider'),
      ran('Conv', 'WebGpuExecutionProvider'),
      ran('Conv', 'WebGpuExecutionProvider'),
    ];
    expect(kernelProfile(events)).toEqual({
      provider: 'CPUExecutionProvider+WebGpuExecutionProvider',
      kernels: { CPUExecutionProvider: { Round: 1 }, WebGpuExecutionProvider: { Conv: 2, Relu: 1 } },
      integerKernels: {},
    });
    expect(JSON.stringify(kernelProfile([...events].reverse()))).toBe(JSON.stringify(kernelProfile(events)));
  });

  it('leaves out what is no kernel', () => {
    const events: ProfileEvent[] = [
      { name: 'model_run' },
      { name: 'Conv_fence_before', args: { op_name: 'Conv', provider: 'CPUExecutionProvider' } },
      { name: 'Conv_kernel_time', args: { op_name: 'Conv', provider: '' } },
    ];
    expect(kernelProfile(events)).toEqual({ provider: '', kernels: {}, integerKernels: {} });
  });

  it('counts the operators that compute on integers, not those that convert to them', () => {
    const events = ['QLinearConv', 'QLinearConv', 'QGemm', 'QuantizeLinear', 'Conv'].map((op) =>
      ran(op, 'CPUExecutionProvider'),
    );
    expect(kernelProfile(events).integerKernels).toEqual({ QGemm: 1, QLinearConv: 2 });
  });
});
