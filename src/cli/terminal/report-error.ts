/** An error as people read it: its code, what happened and where, and the way out. */
import { isTidemarkError, messageOf } from '../../errors.ts';
import { exitStatus, type ExitStatus } from '../exit-status.ts';
import type { Terminal } from './terminal.ts';

const isUsage = (error: unknown): boolean =>
  isTidemarkError(error) && (error.code === 'ARGUMENT_INVALID' || error.code === 'CONFIGURATION_INVALID');

/** Prints it to standard error; with TIDEMARK_DEBUG=1 also where it was thrown. Answers the exit status. */
export const reportError = (terminal: Terminal, error: unknown): ExitStatus => {
  const code = isTidemarkError(error) ? error.code : 'UNEXPECTED';
  const title = terminal.paintError(['bold', 'red'], `error ${code}:`);
  terminal.errorLine(`${title} ${messageOf(error)}`);
  if (isTidemarkError(error)) terminal.errorLine(`  way out: ${error.wayOut}`);
  if (process.env['TIDEMARK_DEBUG'] === '1' && error instanceof Error) {
    terminal.errorLine(error.stack ?? '');
    if (error.cause instanceof Error) terminal.errorLine(`caused by ${error.cause.stack ?? ''}`);
  }
  return isUsage(error) ? exitStatus.usage : exitStatus.failed;
};
