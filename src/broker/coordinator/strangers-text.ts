/** Of agents that sign with another secret than the coordinator; empty where there are none. */
export function strangersText(count: number): string {
  if (count === 0) return '';
  const who = count === 1 ? '1 there has' : `${count} there have`;
  return ` ${who} another secret: compare QUANTSWEEP_BROKER_SECRET, or secret= of the credentials files.`;
}
