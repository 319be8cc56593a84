import { describe, expect, it } from 'vitest';
import type { MeasuredLatency, OperatorShare } from '../../../src/report/facts/latency.js';
import { blameText, busyText, latencyText, verdictText, wasBusy } from '../../../src/report/facts/latency-text.js';

const measured: MeasuredLatency = {
  latency: 1,
  trial: 3,
  label: 'static alpha=0.5',
  device: 'cpu',
  batchSize: 1,
  threads: 1,
  rounds: 40,
  fp32Ms: 10,
  quantizedMs: 5.8,
  ratio: 0.58,
  low: 0.56,
  high: 0.6,
  spread: 0.03,
  verdict: 'faster',
  cpu: { fp32Ms: 9.5, ratio: 0.57, low: 0.565, high: 0.575 },
  host: 'box',
  cpuModel: 'cpu',
  cpuFlags: 'avx2',
  measuredAt: '2026-11-30T00:00:00.000Z',
};

describe('latencyText', () => {
  it('has the ratio with its interval, batch and threads', () => {
    expect(latencyText(measured)).toBe('0.58 of FP32 [0.56, 0.60], batch 1, 1 thread');
    expect(latencyText({ ...measured, batchSize: 8, threads: 2 })).toBe(
      '0.58 of FP32 [0.56, 0.60], batch 8, 2 threads',
    );
  });

  it('names a device, of which threads are not known', () => {
    expect(latencyText({ ...measured, device: 'Pixel 9', threads: 0 })).toBe(
      '0.58 of FP32 [0.56, 0.60], batch 1, on Pixel 9',
    );
  });

  it('never rounds an end of the interval to 1', () => {
    expect(latencyText({ ...measured, ratio: 0.98, low: 0.96, high: 0.9962 })).toContain(
      '0.9800 of FP32 [0.9600, 0.9962]',
    );
  });
});

describe('verdictText', () => {
  it('says that what is not distinguishable is not', () => {
    const texts = (['faster', 'slower', 'same'] as const).map((verdict) => verdictText({ verdict }));
    expect(texts).toEqual(['faster than FP32', 'slower than FP32', 'not distinguishable from FP32']);
  });
});

describe('blameText', () => {
  const share = (op: string, kind: OperatorShare['kind'], part: number, nodes = 2): OperatorShare => ({
    ...{ op, kind, nodes, share: part, onlySmooths: false },
    durationUs: 1000 * part,
  });

  it('names operators in float and conversions, and what is left', () => {
    const operators = [
      share('FusedConv', 'float', 0.5),
      share('QLinearConv', 'integer', 0.2),
      share('DequantizeLinear', 'conversion', 0.1, 1),
      share('Div', 'float', 0.08),
      share('Transpose', 'conversion', 0.06),
      share('Relu', 'float', 0.04),
      share('Add', 'float', 0.02),
    ];
    expect(blameText(operators)).toBe(
      'Of its time 50 % FusedConv in float (2 nodes), 10 % DequantizeLinear (1 node), 8 % Div in float (2 nodes), 6 % Transpose (2 nodes), 6 % in 2 more; 20 % on integers.',
    );
  });

  it('names integer operators that only smooth', () => {
    const smoothing = { ...share('QLinearConv', 'integer', 0.3), onlySmooths: true };
    expect(blameText([share('QLinearConv', 'integer', 0.65), smoothing, share('Transpose', 'conversion', 0.05)])).toBe(
      'Of its time 30 % QLinearConv that only divides by smoothing factors (2 nodes), 5 % Transpose (2 nodes); 65 % other operators on integers.',
    );
  });

  it('says that all is on integers, or nothing where nobody profiled', () => {
    expect(blameText([share('QLinearConv', 'integer', 1)])).toBe('All of its operators are on integers.');
    expect(blameText([])).toBeNull();
  });
});

describe('busyText', () => {
  it('has the ratio by CPU time where other programs had the core', () => {
    expect([wasBusy(measured), busyText(measured)]).toEqual([false, '']);
    const busy = { ...measured, fp32Ms: 20 };
    expect([wasBusy(busy), busyText(busy)]).toEqual([true, ', by CPU time 0.57 of FP32 [0.56, 0.57]']);
  });

  it('does not judge several threads, or a device that nobody watched', () => {
    expect(busyText({ ...measured, fp32Ms: 20, threads: 2 })).toBe('');
    expect(busyText({ ...measured, fp32Ms: 20, cpu: null })).toBe('');
  });
});
