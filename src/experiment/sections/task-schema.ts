import { z } from 'zod';
import { taskKinds, tasks, type TaskKind } from '../../tasks/registry.js';

type TaskObject<Kind extends TaskKind> = (typeof tasks)[Kind]['settings'] extends infer Shape extends z.ZodRawShape
  ? z.ZodObject<{ kind: z.ZodLiteral<Kind> } & Shape, z.core.$strict>
  : never;

const taskOptions = taskKinds.map((kind) =>
  z.strictObject({ kind: z.literal(kind).describe(tasks[kind].description), ...tasks[kind].settings }),
) as unknown as readonly [{ [Kind in TaskKind]: TaskObject<Kind> }[TaskKind]];

export const taskSchema = z
  .discriminatedUnion('kind', taskOptions)
  .meta({ title: 'Task', description: 'What the evaluated output is and how it is scored.' });
