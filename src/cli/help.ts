/** What stands below the options in `--help`: examples that can be copied. */

export const programHelp = `
A first run, with the text of an installed package, takes about 20 seconds:
  $ tidemark run

Interrupt it with Ctrl-C, or kill it with kill -9, and run the same command again: it goes on where the journal says.
Look at it from another terminal while it runs, or afterwards:
  $ tidemark status
  $ tidemark checkpoints
  $ tidemark journal --follow

\`tidemark help run\` shows how to make tasks fail and the coordinator crash. Errors carry a code and the way out.`;

export const runHelp = `
Sources read the files, counters count the words, a sink writes DATA/output/*.txt exactly once. The run prints at its
end the command that compares the output with an independent count. Durations are like 500ms, 3s or 2min.

Examples:
  $ tidemark run                                      the text of an installed package, about 20 seconds
  $ tidemark run README.md docs/*.md --data mine      your own files
  $ tidemark run --fail-task counter#1@3s             a task fails: all restart from the last checkpoint
  $ tidemark run --crash-coordinator 2s               the coordinator dies, the tasks do not: the checkpoint in flight
                                                      completes under its id
  $ tidemark run --retained 2 --retention on-cancellation
  $ tidemark run --savepoint-at-end savepoints        leaves a savepoint for \`tidemark inspect\` and for Flink
  $ tidemark run --take-over                          go on in the place of a run that hangs

The same command goes on with a job that was interrupted. Other files or another parallelism are refused.
Exit status: 0 finished, 1 error, 2 wrong arguments, 3 the job failed, 4 it was cancelled, 130 suspended by Ctrl-C.`;

export const cancelHelp = `
A running process is asked and waited for; a dead job is ended by this command itself. The retention policy decides
which checkpoints stay. A cancelled job cannot be resumed; to pause a job, press Ctrl-C where it runs.

Example:
  $ tidemark cancel --data tidemark-data`;

export const statusHelp = `
Reads the journal and changes nothing.

Examples:
  $ tidemark status
  $ tidemark status --json --data mine`;

export const checkpointsHelp = `
Reads the journal and changes nothing.

Examples:
  $ tidemark checkpoints
  $ tidemark checkpoints --json --data mine`;

export const journalHelp = `
Each line is a fact: the revision of its block, the term of the coordinator that decided it, when, and what.

Examples:
  $ tidemark journal | grep checkpoint
  $ tidemark journal --json
  $ tidemark journal --follow                         from the start, and on until the job has ended`;

export const inspectHelp = `
Reads files of format version 6: of Tidemark and of Flink.

Examples:
  $ tidemark inspect tidemark-data/checkpoints/<job>/chk-7
  $ tidemark inspect savepoints/savepoint-0a1b2c-3d4e5f --json`;
