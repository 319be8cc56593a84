import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { isAllowedHost, isLoopback } from '../../src/serve/allowed-hosts.js';
import { chooseAddress, listen } from '../../src/serve/choose-address.js';
import { remoteWarning } from '../../src/serve/remote-warning.js';

describe('the address of serve', () => {
  it.each(['127.0.0.1', '127.0.0.2', '::1', '[::1]'])('%s is of this machine alone and needs no flag', async (host) => {
    const address = await chooseAddress(host, false);
    expect(isLoopback(address)).toBe(true);
    expect(remoteWarning(address, 'a.db')).toBeNull();
  });

  it.each(['0.0.0.0', '::', '192.168.1.5'])(
    '%s is refused without --allow-remote, and warned of with it',
    async (host) => {
      await expect(chooseAddress(host, false)).rejects.toThrow(/got "[^"]+".*--allow-remote.*ssh -L/s);
      const address = await chooseAddress(host, true);
      expect(remoteWarning(address, 'a.db')).toMatch(/can be reached from other machines.*read everything in a\.db/);
    },
  );

  it('a name without address is refused', async () => {
    await expect(chooseAddress('no-such-host.invalid', true)).rejects.toThrow('--host, got "no-such-host.invalid"');
  });

  it('a port that is taken is refused with what to do', async () => {
    const other = createServer();
    const port = await listen(other, '127.0.0.1', 0);
    await expect(listen(createServer(), '127.0.0.1', port)).rejects.toThrow(
      `got --port ${port}, which another program uses. Give another one; without --port a free one is taken.`,
    );
    other.close();
  });

  it('an address of another machine is refused', async () => {
    await expect(listen(createServer(), '203.0.113.7', 0)).rejects.toThrow('Give --host an address of this machine.');
  });
});

describe('the name that a request calls the server', () => {
  it.each([
    ['127.0.0.1:8377', true],
    ['127.0.0.1', true],
    ['localhost:1', true],
    ['LOCALHOST:8377', true],
    ['[::1]:8377', true],
    ['evil.example', false],
    ['evil.example:8377', false],
    ['127.0.0.1.evil.example', false],
    ['localhost.evil.example', false],
    ['127.0.0.1@evil.example', false],
    ['192.168.1.5:8377', false],
    ['', false],
    [undefined, false],
  ])('%s on loopback: %s', (header, allowed) => {
    expect(isAllowedHost(header, '127.0.0.1', '127.0.0.1')).toBe(allowed);
  });

  it('may be any address, but no other name, where other machines are let in', () => {
    expect(isAllowedHost('192.168.1.5:8377', '0.0.0.0', '0.0.0.0')).toBe(true);
    expect(isAllowedHost('evil.example', '0.0.0.0', '0.0.0.0')).toBe(false);
    expect(isAllowedHost('bench.lan:8377', 'bench.lan', '192.168.1.5')).toBe(true);
  });
});
