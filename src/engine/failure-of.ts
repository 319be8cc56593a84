import { QuantsweepError } from '../errors/quantsweep-error.js';
import { surroundingsFault, surroundingsFaultIn } from '../errors/surroundings-error.js';
import type { FailureRecord } from '../records/failure-record.js';
import { DeviceLost, OutOfMemory } from './trouble.js';
import { RuntimeError } from './session/runtime-error.js';

/** What passes, by the name that {@link RuntimeError} has for it. */
const troubles = { OutOfMemory, DeviceLost } as const;

/**
 * The failure of work that threw. Such work fails the same way each time, but for what the
 * surroundings did: memory that was short, a device that went away, a disk without space.
 */
export function failureOf(cause: unknown): FailureRecord {
  if (cause instanceof RuntimeError && cause.trouble !== null) {
    const Trouble = troubles[cause.trouble];
    return { ...failureRecord(new Trouble(cause.message)), smallerBatches: Trouble.smallerBatches };
  }
  if (cause instanceof RangeError && /^(Array buffer|Invalid typed array) /.test(cause.message)) {
    return failureRecord(new OutOfMemory(cause.message));
  }
  const fault = surroundingsFault(cause) ?? (cause instanceof RuntimeError ? surroundingsFaultIn(cause.message) : null);
  if (fault !== null) return failureRecord(fault);
  if (cause instanceof QuantsweepError) return failureRecord(cause);
  if (cause instanceof Error) return { errorClass: cause.name, message: cause.message, retry: false };
  return { errorClass: 'UnknownError', message: String(cause), retry: false };
}

/** An error as it crosses processes and is stored: what its class says of it goes with its name. */
export function failureRecord(error: QuantsweepError): FailureRecord {
  const { retry, smallerBatches, endsSweep } = error.constructor as typeof QuantsweepError;
  return {
    errorClass: error.name,
    message: error.message,
    retry: retry === 'at-once',
    ...(smallerBatches ? { smallerBatches } : {}),
    ...(endsSweep ? { endsSweep } : {}),
  };
}
