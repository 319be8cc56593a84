import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM files of a server on loopback. */
export interface TestCertificates {
  /** The CA that signed the server's certificate. */
  readonly ca: string;
  /** A CA that signed nothing. */
  readonly otherCa: string;
  /** The server's certificate, for localhost and 127.0.0.1. */
  readonly certificate: string;
  readonly key: string;
}

/** Makes a CA, a server's certificate and a second CA with `openssl` in the folder. */
export function makeTestCertificates(folder: string): TestCertificates {
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const;
  const makeCa = (name: string): void => {
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      '-days',
      '7',
      '-subj',
      `/CN=${name}`,
    );
  };
  makeCa('ca');
  makeCa('other-ca');
  openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
  writeFileSync(join(folder, 'server.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  openssl(
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-days', '7', '-extfile', 'server.ext', '-out', 'server.pem'],
  );
  return {
    ca: join(folder, 'ca.pem'),
    otherCa: join(folder, 'other-ca.pem'),
    certificate: join(folder, 'server.pem'),
    key: join(folder, 'server.key'),
  };
}
