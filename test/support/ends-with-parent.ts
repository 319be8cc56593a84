import { pathOfProgram } from './path-of-program.js';

const setpriv = pathOfProgram('setpriv');

/**
 * Put before a program, it ends the program with the process that starts it, also when that one is
 * killed. Nothing where the system has no such thing.
 */
export const endsWithParent: readonly string[] = setpriv === null ? [] : [setpriv, '--pdeathsig', 'KILL'];
