import type { Argv } from 'yargs';
import type { BrokerOptions } from '../../api/broker.js';

/** Options of every command that speaks to a broker. */
export interface BrokerArguments {
  readonly broker: string;
  readonly credentials: string | undefined;
}

/** Adds `--credentials`, and what `--broker` and the environment are for, to a command. */
export function withCredentials<T>(yargs: Argv<T>): Argv<T & Pick<BrokerArguments, 'credentials'>> {
  return yargs.option('credentials', {
    type: 'string',
    requiresArg: true,
    defaultDescription: '$QUANTSWEEP_BROKER_CREDENTIALS, or _USER, _PASSWORD, _SECRET, _CA',
    describe: 'File (mode 600) with lines user=, password=, secret=, ca=',
  });
}

export const brokerOption = {
  type: 'string',
  requiresArg: true,
  describe: 'Redis or Valkey: redis://localhost:6379, or rediss://HOST:6379 (TLS)',
} as const;

export function brokerOf({ broker, credentials }: BrokerArguments): BrokerOptions {
  return { url: broker, credentials: credentials ?? null };
}
