import type { z } from 'zod';
import type { JsonObject } from './json-value.js';

/** A type with every property read-only, at any depth. Plain data of any shape are so already. */
export type Immutable<T> = JsonObject extends T ? T : { readonly [Key in keyof T]: Immutable<T[Key]> };

/** What settings of these schemas are once read: defaults filled in, none writable. */
export type Settled<Shape extends z.ZodRawShape> = [keyof Shape] extends [never]
  ? object
  : Immutable<z.output<z.ZodObject<Shape>>>;
