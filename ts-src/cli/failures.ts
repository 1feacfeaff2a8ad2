/** What goes wrong, as one line and an exit code. */
import { SharedBuffersError } from '../errors.js';

export const exitCodes = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** The command was called in a way that makes no sense: exit code 2. */
export class UsageError extends Error {}

/** Something in the input or the file is wrong in a way that only the command line knows of: exit code 1. */
export class CommandError extends Error {}

/** An error as one line, without the name of the program. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error));
  if (isSystemError(error)) return systemMessage(error);
  const message = oneLine(error.message);
  const isExpected =
    error instanceof SharedBuffersError || error instanceof UsageError || error instanceof CommandError;
  return isExpected ? message : `unexpected ${error.name}: ${message}`;
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}

interface SystemError extends Error {
  code: string;
  syscall: string;
  path?: string;
}

function isSystemError(error: Error): error is SystemError {
  return 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

/** `cities.map: no such file or directory` of `ENOENT: no such file or directory, open 'cities.map'`. */
function systemMessage(error: SystemError): string {
  const message = oneLine(error.message);
  const what = /^E[A-Z0-9]+: ([^,]+), /.exec(message)?.[1];
  return what !== undefined && error.path !== undefined ? `${error.path}: ${what}` : message;
}
