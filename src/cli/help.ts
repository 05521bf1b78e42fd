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
  $ tidemark run --set execution.checkpointing.min-pause=3s
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
Reads files of Tidemark and of every Flink: formats 1 to 6.

Examples:
  $ tidemark inspect tidemark-data/checkpoints/<job>/chk-7
  $ tidemark inspect savepoints/savepoint-0a1b2c-3d4e5f --json`;

export const metadataHelp = `
Works on files of all formats that Flink ever wrote, 1 to 6. A path is a metadata file or the directory that holds it.

Examples:
  $ tidemark metadata show savepoints/savepoint-0a1b2c-3d4e5f
  $ tidemark metadata verify checkpoints/<job>/chk-7
  $ tidemark metadata diff checkpoints/<job>/chk-6 checkpoints/<job>/chk-7
  $ tidemark metadata convert old/_metadata new/_metadata --format 6
  $ tidemark metadata relocate copies/savepoint-0a1b2c-3d4e5f --to file:/copies/savepoint-0a1b2c-3d4e5f`;

export const metadataShowHelp = `
Examples:
  $ tidemark metadata show savepoints/savepoint-0a1b2c-3d4e5f
  $ tidemark metadata show chk-7 chk-8 --json
  $ tidemark metadata show --raw chk-7 | grep 'subtask 3 › managed keyed state'

With --raw a line has the offset, the length (of a text or of data with the length before it), the first 16 bytes, and
the place with its value. Of a damaged file it shows all fields before the damage, then the error.`;

export const metadataVerifyHelp = `
Problems are files that are missing, have another size or cannot be checked from here, and key groups that are held
twice, or not at all by a subtask that holds others. Notes are what healthy files have too.

Examples:
  $ tidemark metadata verify savepoints/savepoint-0a1b2c-3d4e5f
  $ tidemark metadata verify checkpoints/<job>/chk-*

Exit status: 0 no problem, 1 a problem or a file that cannot be read, 2 wrong arguments.`;

export const metadataDiffHelp = `
Operators are the same by id, files by path: the new files are what an incremental checkpoint has added.

Example:
  $ tidemark metadata diff checkpoints/<job>/chk-6 checkpoints/<job>/chk-7`;

export const metadataConvertHelp = `
Refuses what the older format cannot say, and names it. Never overwrites a file. The checkpoint properties (since format
4) say whether it is a checkpoint or a savepoint of which kind, and when Flink deletes it. --drop-properties leaves them
out, in every format: Flink then takes the file as one of before 1.16, which had none. State is never left out.

Examples:
  $ tidemark metadata convert savepoint-old/_metadata savepoint-old/_metadata.6 --format 6
  $ tidemark metadata convert chk-7 chk-7/_metadata.5 --format 5
  $ tidemark metadata convert chk-7 chk-7/_metadata.3 --format 3 --drop-properties`;

export const metadataRelocateHelp = `
Rewrites the paths that lie in --from to the same place below --to; relative handles and all other paths stay. Prints
what it would do and writes nothing. With --write it makes a new file beside the old one, in the same format, never in
place and never over a file, and prints how to put it in force. A place may be a plain path of this machine.

Examples:
  $ cp -r savepoints/savepoint-0a1b2c-3d4e5f /copies/
  $ tidemark metadata relocate /copies/savepoint-0a1b2c-3d4e5f --to /copies/savepoint-0a1b2c-3d4e5f
  $ tidemark metadata relocate /copies/savepoint-0a1b2c-3d4e5f --to /copies/savepoint-0a1b2c-3d4e5f --write
  $ tidemark metadata relocate chk-7 --from s3://old/JOB --to s3://new/JOB --json`;
