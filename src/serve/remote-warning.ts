import { isLoopback } from './allowed-hosts.js';

/**
 * What a user is told before serving on an address that other machines may reach; null for one of
 * this machine alone.
 */
export function remoteWarning(address: string, database: string): string | null {
  if (isLoopback(address)) return null;
  return `warning: ${address} can be reached from other machines. There is no password and no encryption: anyone who can reach it can read everything in ${database}.`;
}
