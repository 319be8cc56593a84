import { expect, it } from 'vitest';
import { elapsedText } from '../../../../../src/report/browser/client/live/elapsed-text.js';
import { updatedText } from '../../../../../src/report/browser/client/live/status-line.js';

it('counts seconds, then minutes, then hours', () => {
  const times = [0, 999, 59_999, 60_000, 245_000, 3_600_000, 7_325_000];
  expect(times.map(elapsedText)).toEqual([
    '0 s',
    '0 s',
    '59 s',
    '1 min 00 s',
    '4 min 05 s',
    '1 h 00 min',
    '2 h 02 min',
  ]);
});

it('is never below zero, though clocks differ', () => {
  expect(elapsedText(-5000)).toBe('0 s');
});

it('says the time of day that a page is of, or nothing', () => {
  expect(updatedText('2026-11-30T11:50:02.123Z')).toBe('updated 11:50:02 UTC');
  expect(updatedText('')).toBe('');
});
