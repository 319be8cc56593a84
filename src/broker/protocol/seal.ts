import { createHmac, timingSafeEqual } from 'node:crypto';
import { ForgedMessageError } from '../broker-error.js';

/** A message as it lies on the broker: JSON text and the HMAC over it and where it lies. */
export interface Sealed {
  readonly text: string;
  readonly mac: string;
}

/**
 * Signs messages with the secret that coordinators and agents share. The place that a message is
 * for is signed with it, so that one can't be put elsewhere.
 */
export class Seal {
  constructor(private readonly secret: string) {}

  /** @param place e.g. `job QUEUE ID` */
  close(place: string, message: object): Sealed {
    const text = JSON.stringify(message);
    return { text, mac: this.#mac(place, text) };
  }

  /**
   * The message, which whoever knows the secret made for this place.
   *
   * @throws ForgedMessageError where it was not
   */
  open(place: string, sealed: unknown): unknown {
    const { text, mac } = (sealed ?? {}) as Partial<Sealed>;
    if (typeof text !== 'string' || typeof mac !== 'string' || !isEqual(mac, this.#mac(place, text))) {
      throw new ForgedMessageError(
        `A message for ${place} does not carry the signature of this secret (QUANTSWEEP_BROKER_SECRET): it is not used.`,
      );
    }
    return JSON.parse(text) as unknown;
  }

  #mac(place: string, text: string): string {
    return createHmac('sha256', this.secret).update(`${place}\n${text}`).digest('hex');
  }
}

function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
