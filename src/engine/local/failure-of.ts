import type { FailureRecord } from '../../records/failure-record.js';
import { RuntimeError } from '../session/runtime-error.js';
import { surroundingsFault, surroundingsFaultIn } from '../../errors/surroundings-error.js';

/**
 * Errors that a job throws fail the same way each time, but for what the surroundings did: memory that was short, a device
 * that went away, a disk without space.
 */
export function failureOf(cause: unknown): FailureRecord {
  if (cause instanceof RuntimeError && cause.trouble !== null) {
    const smallerBatches = cause.trouble === 'OutOfMemory';
    return { errorClass: cause.trouble, message: cause.message, retry: true, smallerBatches };
  }
  if (cause instanceof RangeError && /^(Array buffer|Invalid typed array) /.test(cause.message)) {
    return { errorClass: 'OutOfMemory', message: cause.message, retry: true, smallerBatches: true };
  }
  const fault = surroundingsFault(cause) ?? (cause instanceof RuntimeError ? surroundingsFaultIn(cause.message) : null);
  if (fault !== null) return { errorClass: fault.name, message: fault.message, retry: false, endsSweep: true };
  if (cause instanceof Error) return { errorClass: cause.name, message: cause.message, retry: false };
  return { errorClass: 'UnknownError', message: String(cause), retry: false };
}
