import { describe, expect, it } from 'vitest';
import { TensorProto_DataType } from '../../../src/onnx/proto/onnx_pb.js';
import { integerTensor, isNarrowerThanStorage, storageOf } from '../../../src/quantize/quantizers/integer-tensor.js';
import { symmetricQuantizer, unsignedQuantizer, type Quantizer } from '../../../src/quantize/quantizers/quantizer.js';

function unsigned(bits: number): Quantizer {
  return unsignedQuantizer(1, bits);
}

describe('storageOf', () => {
  it.each([
    { bits: 2, signed: true, type: 'INT8' },
    { bits: 8, signed: true, type: 'INT8' },
    { bits: 16, signed: true, type: 'INT16' },
    { bits: 4, signed: false, type: 'UINT8' },
    { bits: 16, signed: false, type: 'UINT16' },
  ])('is $type for $bits bits, signed $signed', ({ bits, signed, type }) => {
    expect(TensorProto_DataType[storageOf({ bits, signed }).dataType]).toBe(type);
  });
});

describe('isNarrowerThanStorage', () => {
  it('tells whether integers of the storage lie outside the quantizer', () => {
    const narrow = [symmetricQuantizer(1, 7), unsigned(7), symmetricQuantizer(1, 8, true)];
    const whole = [symmetricQuantizer(1, 8), symmetricQuantizer(1, 16), unsigned(8), unsigned(16)];
    expect(narrow.map(isNarrowerThanStorage)).toEqual([true, true, true]);
    expect(whole.map(isNarrowerThanStorage)).toEqual([false, false, false, false]);
  });
});

describe('integerTensor', () => {
  it('holds the integers as little-endian bytes', () => {
    const bytes = (quantizer: Quantizer, values: readonly number[]): number[] => {
      return [...integerTensor('t', [values.length], storageOf(quantizer), values).rawData];
    };
    expect(bytes(symmetricQuantizer(1, 4), [-8, 7])).toEqual([0xf8, 0x07]);
    expect(bytes(symmetricQuantizer(1, 16), [-32768, 258])).toEqual([0x00, 0x80, 0x02, 0x01]);
    expect(bytes(unsigned(8), [255])).toEqual([0xff]);
    expect(bytes(unsigned(16), [65535, 1])).toEqual([0xff, 0xff, 0x01, 0x00]);
  });
});
