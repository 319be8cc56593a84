import type Sharp from 'sharp';

let loading: Promise<typeof Sharp> | null = null;

/** The library that decodes images, loaded when it is first asked for: no other data needs it. */
export function loadSharp(): Promise<typeof Sharp> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    // Every image is decoded once a pass: a cache would only hold memory. One thread, as a child
    // works on each core.
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  });
  return loading;
}
