import type { Slot } from './slot.js';

/** A name for each slot: its device, with a number where several slots share one: `cuda:0/2`. */
export function slotPlaces(slots: readonly Pick<Slot, 'device'>[]): readonly string[] {
  const seen = new Map<string, number>();
  return slots.map(({ device }) => {
    const nth = (seen.get(device) ?? 0) + 1;
    seen.set(device, nth);
    return nth === 1 ? device : `${device}/${nth}`;
  });
}
