import { describe, expect, it } from 'vitest';
import { brokerAddress } from '../../src/broker/broker-address.js';
import { refusalOf, writeWhenThereIsRoom } from '../../src/broker/connection.js';

describe('a broker that takes no writes', () => {
  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'. script: 0a1b, on @user_script:1.", /memory/],
    ['ERR Error running script: @user_script:12: OOM command not allowed', /memory/],
    ['MISCONF Errors writing to the AOF file: No space left on device', /disk/],
    ["READONLY You can't write against a read only replica.", /replica/],
  ])('is waited for: %s', (message, meaning) => {
    expect(refusalOf(new Error(message))).toMatch(meaning);
  });

  it.each(['NOPERM this user has no permissions', 'Missing lock for job 1. moveToFinished', 'Connection is closed.'])(
    'is not: %s',
    (message) => {
      expect(refusalOf(new Error(message))).toBeNull();
    },
  );

  it('is told of once, and when it goes on', async () => {
    const told: (string | null)[] = [];
    let refused = 0;
    const write = (): Promise<string> =>
      refused++ < 1 ? Promise.reject(new Error('MISCONF Redis can’t save')) : Promise.resolve('written');
    expect(await writeWhenThereIsRoom(write, new AbortController().signal, (why) => told.push(why))).toBe('written');
    expect(told).toEqual([expect.stringMatching(/disk/), null]);
  });
});

it('shows no password of an address that is none', () => {
  for (const url of ['redis://me:pa#ss@broker:6379', 'redis://me:pass/word@broker', 'me:pass@']) {
    expect(() => brokerAddress(url, null, {})).toThrow(/^(?!.*pa#?ss).*--broker/s);
  }
});
