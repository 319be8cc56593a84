/** `2026-11-23 10:00 UTC` of a UTC time (ISO 8601). */
export function timeText(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** `11:50:02 UTC` of a UTC time (ISO 8601). */
export function clockText(iso: string): string {
  return `${iso.slice(11, 19)} UTC`;
}
