export type AbsmaxMethod = 'channel' | 'view';
