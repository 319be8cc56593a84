import { describe, expect, it } from 'vitest';
import { readDeviceAnswer } from '../../src/speed/device-answer.js';

const read = (text: string, stderr = ''): ReturnType<typeof readDeviceAnswer> =>
  readDeviceAnswer(text, stderr, 'the command adb');

describe('readDeviceAnswer', () => {
  it('takes the times of several runs', () => {
    expect(read('{ "latencyMs": [1, 2, 3, 4, 5, 6.5], "batch": 8, "device": "Pixel 9" }\n')).toEqual({
      timesMs: [1, 2, 3, 4, 5, 6.5],
      isList: true,
      batch: 8,
      device: 'Pixel 9',
    });
  });

  it('takes one number', () => {
    expect(read('{ "medianMs": 2.5 }')).toEqual({ timesMs: [2.5], isList: false, batch: null, device: null });
  });

  it.each([
    ['', 'got nothing'],
    ['loading model\n{"medianMs": 2}', 'one JSON document'],
    ['3', 'got 3'],
    ['[1, 2, 3, 4, 5, 6]', '{ "medianMs": a number above 0 }'],
    ['{}', 'got {}'],
    ['{ "medianMs": 2, "latencyMs": [1] }', 'got {"medianMs":2,"latencyMs":[1]}'],
    ['{ "medianMs": "2" }', 'Expected a number above 0 as "medianMs"'],
    ['{ "medianMs": 0 }', 'got 0'],
    ['{ "latencyMs": [1, 2] }', '6 or more numbers above 0 as "latencyMs"'],
    ['{ "latencyMs": [1, 2, 3, 4, 5, null] }', 'got [1,2,3,4,5,null]'],
    ['{ "medianMs": 2, "batch": 0 }', 'a whole number from 1 as "batch"'],
    ['{ "medianMs": 2, "device": 7 }', 'text as "device"'],
  ])('refuses %j', (text, message) => {
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).toThrow('on the standard output of the command adb');
  });

  it('tells the end of stderr', () => {
    expect(() => read('', 'no device\n')).toThrow('Its last words on stderr: no device');
  });
});
