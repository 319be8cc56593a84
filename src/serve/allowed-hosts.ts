import { hostname } from 'node:os';
import { isIP } from 'node:net';

/**
 * Whether a request's Host header names this server. A page of another site can point a name of its
 * own at this machine (DNS rebinding) and would then be of the same origin as the report; its
 * requests carry that name, and are refused. Addresses can't be pointed elsewhere. The port is not
 * looked at: a tunnel has another.
 *
 * @param asked what `--host` was given as
 * @param address that it stands for, e.g. `127.0.0.1`
 */
export function isAllowedHost(header: string | undefined, asked: string, address: string): boolean {
  const name = /^(\[[0-9a-f:.]+\]|[^:/?#@[\]\s]+)(?::\d{1,5})?$/i.exec(header ?? '')?.[1]?.toLowerCase();
  if (name === undefined) return false;
  const bare = name.replace(/^\[|\]$/g, '');
  const loopback = ['localhost', '127.0.0.1', '::1', asked.toLowerCase(), address];
  if (isLoopback(address)) return loopback.includes(bare);
  return loopback.includes(bare) || isIP(bare) !== 0 || bare === hostname().toLowerCase();
}

/** True for addresses that only this machine reaches. */
export function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}
