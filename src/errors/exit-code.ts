/** What a command ends with: 0 done, 1 failure, 2 wrong usage or input, 130 stopped by Ctrl-C. */
export const ExitCode = { done: 0, failure: 1, usage: 2, interrupted: 130 } as const;
