import { describe, expect, it } from 'vitest';
import { numericsClass } from '../../../src/engine/numerics/numerics-class.js';
import { probeOutputs } from '../../../src/engine/numerics/probe-outputs.js';
import { denseProbe } from '../../../src/engine/numerics/dense-probe.js';
import { imageProbe } from '../../../src/engine/numerics/image-probe.js';
import { integerProbe } from '../../../src/engine/numerics/integer-probe.js';
import { profileKernels, Session, type SessionSettings } from '../../../src/engine/session/session.js';

const cpu: SessionSettings = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: 'all' };

describe('numericsClass', () => {
  it('is the provider with 12 digits of the hash of all outputs', () => {
    const outputs = [Float32Array.of(1), Float32Array.of(2)];
    expect(numericsClass('cuda', outputs)).toBe(numericsClass('cuda', [Float32Array.of(1, 2)]));
    expect(numericsClass('cuda', outputs)).toMatch(/^cuda-[0-9a-f]{12}$/);
  });

  it('is another one where a single bit is another', () => {
    const bits = new Uint32Array([0x3f800000]);
    const one = numericsClass('cpu', [new Float32Array(bits.buffer.slice(0))]);
    bits[0]! ^= 1;
    expect(numericsClass('cpu', [new Float32Array(bits.buffer)])).not.toBe(one);
  });
});

describe('the probes', () => {
  const probes = { image: imageProbe, dense: denseProbe, integer: integerProbe };

  it.each(Object.entries(probes))('%s are the same bytes each time, and give finite numbers', async (_name, make) => {
    const [one, other] = [make(), make()];
    expect(Buffer.from(one.model).equals(other.model)).toBe(true);
    expect(one.batch).toEqual(other.batch);
    const session = await Session.create(one.model, one.input, cpu);
    const { data } = (await session.run(one.batch))['y']!;
    await session.release();
    expect(data.every(Number.isFinite)).toBe(true);
    expect(new Set(data).size).toBeGreaterThan(100);
  });

  it('have the same bits with more threads', async () => {
    for (const make of Object.values(probes)) {
      const { model, input, batch } = make();
      const runs = [1, 2, 3].map(async (threads) => {
        const session = await Session.create(model, input, { ...cpu, threads });
        const { data } = (await session.run(batch))['y']!;
        await session.release();
        return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      });
      const [one, ...more] = await Promise.all(runs);
      for (const other of more) expect(other.equals(one!)).toBe(true);
    }
  });

  it('run integer kernels where they may be fused', async () => {
    const { model, input, batch } = integerProbe();
    const { kernels } = await profileKernels(model, input, batch, { ...cpu, fuseQuantized: true });
    const operators = Object.keys(kernels['CPUExecutionProvider']!);
    expect(operators).toEqual(expect.arrayContaining(['QLinearConv', 'QGemm', 'QLinearMatMul']));
  });

  it.runIf(process.arch === 'x64')('run convolutions in the blocked layout', async () => {
    const { model, input, batch } = imageProbe();
    const { kernels } = await profileKernels(model, input, batch, cpu);
    expect(kernels['CPUExecutionProvider']!['ReorderOutput']).toBeGreaterThan(5);
  });
});

describe('the class of this machine', () => {
  it('depends on neither threads nor the level of optimization', async () => {
    const settings = [cpu, { ...cpu, threads: 2 }, { ...cpu, optimizationLevel: 'disabled' } as const];
    const classes = [];
    for (const each of settings) classes.push(numericsClass('cpu', await probeOutputs(each)));
    expect(new Set(classes).size).toBe(1);
  });
});
