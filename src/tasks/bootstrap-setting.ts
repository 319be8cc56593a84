import { integer } from '../schema/schema-leaves.js';

const DESCRIPTION = 'Replicates of the paired bootstrap over samples that gives the interval';

/** The setting of tasks whose interval comes from resampling. */
export const bootstrap = integer(1, `${DESCRIPTION}.`).default(400);

/** The same where it can be switched off. */
export const bootstrapOrNone = integer(0, `${DESCRIPTION}; 0: none.`).default(400);
