import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { brokerAddress } from '../../src/broker/broker-address.js';
import { BrokerUsageError } from '../../src/broker/broker-error.js';

const folder = mkdtempSync(join(tmpdir(), 'quantsweep-address-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const secret = 's'.repeat(32);
const environment = { QUANTSWEEP_BROKER_SECRET: secret };
const file = (text: string, mode = 0o600): string => {
  const path = join(folder, `${mode}.txt`);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
};

describe('the address of a broker', () => {
  it.each([
    ['redis://localhost', { host: 'localhost', port: 6379, tls: false, database: 0, text: 'redis://localhost:6379' }],
    ['redis://127.0.0.1:7000/2', { host: '127.0.0.1', port: 7000, tls: false, database: 2 }],
    ['redis://[::1]:7000', { host: '::1', port: 7000, tls: false, text: 'redis://[::1]:7000' }],
    ['rediss://broker.example:6380', { host: 'broker.example', port: 6380, tls: true }],
  ])('is read from %s', (url, expected) => {
    expect(brokerAddress(url, null, environment)).toMatchObject({ ...expected, secret, user: null, password: null });
  });

  it.each([
    ['redis://broker.example', /in the clear. Use rediss:/],
    ['redis://192.168.1.4:6379', /in the clear/],
    ['redis://127.0.0.1.example.com', /in the clear/],
    ['redis://localhost.example.com', /in the clear/],
    ['rediss://user:pass@broker.example', /every user of this machine can read/],
    ['rediss://:pass@broker.example', /every user of this machine can read/],
    ['http://broker.example', /Expected a broker of redis:/],
    ['broker.example:6379', /Expected/],
    ['rediss://broker.example/a', /Expected --broker/],
    ['rediss://broker.example?x=1', /Expected --broker/],
    ['', /Expected --broker/],
  ])('refuses %s', (url, message) => {
    expect(() => brokerAddress(url, null, environment)).toThrow(message);
    try {
      brokerAddress(url, null, environment);
    } catch (error) {
      expect(error).toMatchObject({ exitCode: 2 });
    }
  });

  it('repeats no password of an address', () => {
    for (const url of ['http://me:hunter2@broker.example', 'me:hunter2@broker.example:6379', 'rediss://me:hunter2@h']) {
      expect(() => brokerAddress(url, null, environment)).toThrow(BrokerUsageError);
      expect(() => brokerAddress(url, null, environment)).not.toThrow(/hunter2/);
    }
  });

  it('shows an address without a scheme as it was typed', () => {
    expect(() => brokerAddress('localhost:6390', null, environment)).toThrow(
      /redis:\/\/localhost:6379, got localhost:6390\./,
    );
  });

  it('wants a secret that nobody guesses', () => {
    expect(() => brokerAddress('redis://localhost', null, {})).toThrow(/at least 32 characters .*got none/);
    expect(() => brokerAddress('redis://localhost', null, { QUANTSWEEP_BROKER_SECRET: 'short' })).toThrow(/got 5/);
  });

  it('takes credentials of a file, and those of the environment before them', () => {
    const path = file(`# of the lab\nuser=agent\npassword = p=1 \nsecret=${'f'.repeat(40)}\n\n`);
    expect(brokerAddress('redis://localhost', path, {})).toMatchObject({
      user: 'agent',
      password: 'p=1',
      secret: 'f'.repeat(40),
    });
    const both = { QUANTSWEEP_BROKER_CREDENTIALS: path, QUANTSWEEP_BROKER_USER: 'me', ...environment };
    expect(brokerAddress('redis://localhost', null, both)).toMatchObject({ user: 'me', password: 'p=1', secret });
  });

  it('finds the certificates beside the file of credentials', () => {
    const certificate = '-----BEGIN CERTIFICATE-----';
    writeFileSync(join(folder, 'ca.pem'), certificate);
    const path = file(`secret=${secret}\nca=ca.pem\n`);
    expect(brokerAddress('rediss://localhost', path, {})).toMatchObject({ ca: certificate });
  });

  it.skipIf(process.platform === 'win32')('refuses a file of credentials that others can read', () => {
    expect(() => brokerAddress('redis://localhost', file('user=agent\n', 0o640), environment)).toThrow(/chmod 600/);
  });

  it('says what is wrong with a file', () => {
    expect(() => brokerAddress('redis://localhost', file('usr=agent\n'), environment)).toThrow(
      /line 1: expected user=, password=, secret=, ca=/,
    );
    expect(() => brokerAddress('redis://localhost', join(folder, 'none'), environment)).toThrow(/can't read .*ENOENT/);
    const ca = { ...environment, QUANTSWEEP_BROKER_CA: file('no certificate') };
    expect(() => brokerAddress('rediss://localhost', null, ca)).toThrow(/expected certificates \(PEM\)/);
  });
});
