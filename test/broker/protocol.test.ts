import { describe, expect, it } from 'vitest';
import { handshakeName, misfit, ownHandshake } from '../../src/broker/protocol/handshake.js';
import { queueName } from '../../src/broker/protocol/names.js';
import { isPlainJson } from '../../src/broker/protocol/plain-json.js';
import { Seal } from '../../src/broker/protocol/seal.js';
import { ForgedMessageError } from '../../src/broker/broker-error.js';

const seal = new Seal('k'.repeat(32));

describe('a seal', () => {
  it('opens what was closed with the same secret for the same place', () => {
    expect(seal.open('job a 1', seal.close('job a 1', { alpha: 0.5 }))).toEqual({ alpha: 0.5 });
  });

  it.each([
    ['another secret', () => new Seal('l'.repeat(32)).close('job a 1', { alpha: 0.5 })],
    ['another place', () => seal.close('job a 2', { alpha: 0.5 })],
    ['another text', () => ({ ...seal.close('job a 1', { alpha: 0.5 }), text: '{"alpha":0.6}' })],
    ['no signature', () => ({ text: '{"alpha":0.5}' })],
    ['a short signature', () => ({ text: '{"alpha":0.5}', mac: 'ab' })],
    ['nothing', () => null],
    ['a text', () => 'job'],
  ])('refuses %s', (_, message) => {
    expect(() => seal.open('job a 1', message())).toThrow(ForgedMessageError);
  });
});

describe('a handshake', () => {
  const own = ownHandshake('cpu', 'cpu-0123456789ab');
  it('names a queue, without a colon', () => {
    expect(queueName(handshakeName(own), 'abc')).toMatch(/^p1-n\d+-ort[\d.]+-cpu-cpu-0123456789ab-abc$/);
  });

  it.each([
    [{ protocol: 2 }, /another version of quantsweep/],
    [{ numericsVersion: '0' }, /another version of quantsweep/],
    [{ onnxruntimeVersion: '1.0.0' }, /^onnxruntime 1.0.0, the sweep has/],
    [{ provider: 'cuda' }, /^provider cuda, the sweep has cpu/],
    [{ numericsClass: 'cpu-ba9876543210' }, /pinned to cpu-0123456789ab/],
  ])('says what does not fit: %o', (other, message) => {
    expect(misfit({ ...own, ...other }, own)).toMatch(message);
  });

  it('fits itself', () => {
    expect(misfit(own, own)).toBeNull();
  });
});

describe('plain JSON', () => {
  it.each([[null], [true], ['/conv'], [0], [1e-300], [[]], [{}], [{ a: [1, { b: null }], c: undefined }]])(
    'is %o',
    (value) => {
      expect(isPlainJson(value)).toBe(true);
      expect(JSON.parse(JSON.stringify(value))).toEqual(value);
    },
  );

  it.each([[NaN], [Infinity], [-0], [10n], [new Map()], [new Float32Array(1)], [[undefined]], [{ a: new Set() }]])(
    'is not %o',
    (value) => {
      expect(isPlainJson(value)).toBe(false);
    },
  );
});
