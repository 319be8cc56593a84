/** What can be bound to a statement's parameters, in order. */
export type Bindable = string | number | bigint | Uint8Array | null;
