/** The type with everything inside readonly: what a zod schema gives, as settings that never change. */
export type Immutable<Value> = Value extends object ? { readonly [Key in keyof Value]: Immutable<Value[Key]> } : Value;
