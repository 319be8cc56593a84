import { lookup } from 'node:dns/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../errors/usage-error.js';
import { isLoopback } from './allowed-hosts.js';

/**
 * Where the report is served unless told otherwise, and how many ports after it are tried when it
 * is taken.
 */
export const defaultPort = 8377;
const triedPorts = 20;

/**
 * The address that `--host` stands for.
 *
 * @throws UsageError for a name without address, and for one that other machines reach unless that
 *   is allowed
 */
export async function chooseAddress(host: string, allowRemote: boolean): Promise<string> {
  const address = await lookup(host.replace(/^\[|\]$/g, '')).then(
    (found) => found.address,
    (error: unknown) => {
      throw new UsageError(`Expected a name or address of this machine for --host, got "${host}" (${String(error)}).`, {
        cause: error,
      });
    },
  );
  if (isLoopback(address) || allowRemote) return address;
  throw new UsageError(
    `Expected an address that only this machine reaches (127.0.0.1, ::1, localhost) for --host, got "${host}" (${address}). ` +
      'Anyone who can reach another address can read the whole database without a password; --allow-remote allows it. ' +
      'A tunnel is safer: ssh -L 8377:localhost:8377 from the other machine.',
  );
}

/**
 * Listens on a port, or where none is given on the first free one from {@link defaultPort}.
 *
 * @returns the port
 * @throws UsageError where the given port is taken or not allowed, or the address is not of this
 *   machine
 */
export async function listen(server: Server, address: string, port: number | undefined): Promise<number> {
  const ports = port === undefined ? [...Array.from({ length: triedPorts }, (_, i) => defaultPort + i), 0] : [port];
  for (const [index, one] of ports.entries()) {
    try {
      return await listenOn(server, address, one);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'EADDRINUSE' && index < ports.length - 1) continue;
      throw new UsageError(refusal(code, address, one), { cause: error });
    }
  }
  throw new Error('Invariant: the last port either listens or throws.');
}

function refusal(code: unknown, address: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Expected a free port, got --port ${port}, which another program uses. Give another one; without --port a free one is taken.`;
    case 'EACCES':
      return `Expected a port that this user may listen on, got --port ${port}. Give one above 1023.`;
    default:
      return `Can't listen on ${address}, port ${port} (${String(code)}). Give --host an address of this machine.`;
  }
}

function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
