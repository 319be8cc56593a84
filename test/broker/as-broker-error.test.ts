import { describe, expect, it } from 'vitest';
import { asBrokerError } from '../../src/broker/as-broker-error.js';
import { BrokerError } from '../../src/broker/broker-error.js';

const address = { text: 'redis://localhost:6379', user: 'agent' };

describe('a command that the broker refused', () => {
  it('is told with the user and what to do', () => {
    const refusal = Object.assign(new Error('NOPERM no permissions to access a key'), { name: 'ReplyError' });
    const error = asBrokerError(refusal, address);
    expect(error).toBeInstanceOf(BrokerError);
    expect(error).toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/user agent: NOPERM .*right role/) as string,
    });
  });

  it('leaves other errors as they are', () => {
    const error = new Error('NOPERM');
    expect(asBrokerError(error, address)).toBe(error);
  });
});
