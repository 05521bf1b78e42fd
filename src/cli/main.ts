#!/usr/bin/env node
/** The command line: arguments in, exit status out. */
import { exitStatus } from './exit-status.ts';
import { runProgram } from './program.ts';
import { reportError } from './terminal/report-error.ts';
import { processTerminal } from './terminal/terminal.ts';

const terminal = processTerminal();

// Whoever read the output has gone (`tidemark journal | head`): nobody is left to tell. A run goes on another time.
const unread = process.argv[2] === 'run' ? exitStatus.suspended : exitStatus.done;
process.stdout.on('error', () => process.exit(unread));

const status = await runProgram(process.argv.slice(2), terminal).catch((error: unknown) =>
  reportError(terminal, error),
);
// Whatever is still scheduled belongs to a job that is over; what was written must leave the process first.
process.stdout.write('', () => process.exit(status));
