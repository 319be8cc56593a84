import type { BrokerAddress } from './broker-address.js';
import { BrokerError } from './broker-error.js';

/**
 * What a command's failure says to people, where the broker refused the command: as a rule the
 * credentials are those of another role. Other errors are given back as they are.
 */
export function asBrokerError(cause: unknown, { text, user }: Pick<BrokerAddress, 'text' | 'user'>): unknown {
  if (!(cause instanceof Error && cause.name === 'ReplyError')) return cause;
  const who = user === null ? 'the default user' : `user ${user}`;
  const advice = /NOPERM/.test(cause.message)
    ? `Check that the credentials are those of the right role, and what the broker's ACL allows ${who}: agents have their own, run, agents and cancel those of the coordinator (docs/SCALE.md).`
    : 'Check its state and its log.';
  const message = cause.message.replace(/\.$/, '');
  return new BrokerError(`The broker at ${text} refused a command of ${who}: ${message}. ${advice}`, { cause });
}
