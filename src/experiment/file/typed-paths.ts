import { resolve } from 'node:path';
import { z } from 'zod';
import type { LocatedNode } from './located-node.js';
import { filePaths } from '../../schema/schema-leaves.js';
import { unwrapSchema } from '../sections/setting-paths.js';

/**
 * A value of a `--set` option with the files that it names made absolute: typed on a command line
 * they mean the current folder, not that of the experiment file. Files inside of mappings
 * (`data.*.inputs`) count as well.
 *
 * @param schemas what the value may be; of several the first that names files counts
 */
export function withTypedPaths(node: LocatedNode, schemas: readonly z.core.$ZodType[]): LocatedNode {
  return schemas.map((schema) => resolveFiles(node, schema)).find((resolved) => resolved !== node) ?? node;
}

function resolveFiles(node: LocatedNode, schema: z.core.$ZodType): LocatedNode {
  const inner = unwrapSchema(schema);
  switch (node.kind) {
    case 'scalar': {
      const { value } = node;
      const isFile = filePaths.has(inner) && typeof value === 'string' && value !== '';
      return isFile ? { ...node, value: resolve(value) } : node;
    }
    case 'list':
      return node;
    case 'mapping': {
      const entries = [...node.entries].map(([key, entry]) => {
        const child = childSchema(inner, key);
        return [key, child === undefined ? entry : { ...entry, node: resolveFiles(entry.node, child) }] as const;
      });
      const isChanged = entries.some(([key, entry]) => entry.node !== node.entries.get(key)!.node);
      return isChanged ? { ...node, entries: new Map(entries) } : node;
    }
  }
}

function childSchema(schema: z.core.$ZodType, key: string): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (schema instanceof z.ZodObject) return (schema.shape as Record<string, z.ZodType>)[key];
  return undefined;
}
