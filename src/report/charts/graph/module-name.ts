/**
 * A node's name as people name the module: of `/layer1/layer1.0/conv1/Conv`, as exporters write it,
 * `layer1.0/conv1`. Parts that the next one repeats and the operator at the end are left out.
 */
export function moduleName(name: string, op: string): string {
  const parts = name.split('/').filter((part) => part !== '');
  const own = parts.length > 1 && parts.at(-1) === op ? parts.slice(0, -1) : parts;
  const short = own.filter((part, index) => own[index + 1]?.startsWith(`${part}.`) !== true && own[index + 1] !== part);
  return short.length === 0 ? name : short.join('/');
}
