/** The commands, their options and what `--help` says. */
import { Command, CommanderError } from 'commander';
import { TidemarkError } from '../errors.ts';
import { parseJobId } from '../state/ids.ts';
import { integerFrom, oneOf, parseCrash, parseFailTask, parseSeed, parseSetting } from './arguments.ts';
import { cancel } from './commands/cancel.ts';
import { checkpoints } from './commands/checkpoints.ts';
import { inspect } from './commands/inspect.ts';
import { journal, type JournalOptions } from './commands/journal.ts';
import { convertibleFormats, convertMetadata, type ConvertFlags } from './commands/metadata/convert.ts';
import { diffMetadata } from './commands/metadata/diff.ts';
import { relocateMetadataFile, type RelocateFlags } from './commands/metadata/relocate.ts';
import { showMetadata, type ShowFlags } from './commands/metadata/show.ts';
import { verifyMetadata } from './commands/metadata/verify.ts';
import { run } from './commands/run.ts';
import { status } from './commands/status.ts';
import { DATA_DIRECTORY_DEFAULT, dataDirectory } from './data-directory.ts';
import { exitStatus, type ExitStatus } from './exit-status.ts';
import {
  cancelHelp,
  checkpointsHelp,
  inspectHelp,
  journalHelp,
  metadataConvertHelp,
  metadataDiffHelp,
  metadataHelp,
  metadataRelocateHelp,
  metadataShowHelp,
  metadataVerifyHelp,
  programHelp,
  runHelp,
  statusHelp,
} from './help.ts';
import { planRun, retentionNames, type RunFlags } from './run/run-plan.ts';
import type { Terminal } from './terminal/terminal.ts';
import { packageVersion } from './version.ts';

type Finish = (exitStatus: ExitStatus) => void;

/** What every command that works on a data directory takes. */
interface DataFlags {
  readonly data: string;
}
interface JsonFlags extends DataFlags {
  readonly json?: boolean;
}

const retentions = Object.keys(retentionNames) as (keyof typeof retentionNames)[];

const withData = (command: Command): Command =>
  command.option('--data <dir>', 'the data directory of the job', DATA_DIRECTORY_DEFAULT);

const addRunOptions = (command: Command): Command =>
  withData(command)
    .option('--parallelism <n>', 'counters', integerFrom('--parallelism', 1), 3)
    .option('--sources <n>', 'sources', integerFrom('--sources', 1), 2)
    .option('--interval <duration>', 'between two checkpoints', '2 s')
    .option('--timeout <duration>', 'after which a checkpoint is given up (default: 10 min)')
    .option(
      '--throttle <bytes>',
      'bytes per second of all sources together, 0 for full speed (default: full speed for given files, else so that the text lasts about 20 s)',
      integerFrom('--throttle', 0),
    )
    .option('--restarts <n>', 'task failures after which the job goes on', integerFrom('--restarts', 0), 3)
    .option(
      '--retained <n>',
      'completed checkpoints kept while the job runs',
      integerFrom('--retained', 1),
      1,
    )
    .option(
      '--retention <policy>',
      `what stays when the job ends: ${retentions.join(', ')}`,
      oneOf('--retention', retentions),
      'never' as const,
    )
    .option(
      '--set <key=value>',
      'an option of checkpoints by its name in Flink, counts before the options above; may be repeated',
      parseSetting,
    )
    .option('--job-id <hex>', 'of a new job: 32 lower-case hex digits (default: from the seed)', parseJobId)
    .option('--seed <n>', 'for ids, names and delays, not for time (default: random)', parseSeed)
    .option('--savepoint-at-end <dir>', 'leave a savepoint below this directory before the job finishes')
    .option(
      '--fail-task <task@time>',
      'let a task fail, counter#1@3s after this process started; may be repeated',
      parseFailTask,
    )
    .option(
      '--crash-coordinator <time>',
      'drop the coordinator that long after this process started, at the first moment with a partly acknowledged checkpoint, and open a new one over the living tasks; may be repeated',
      parseCrash,
    )
    .option('--take-over', 'fence the process that holds the data directory, and go on in its place')
    .option('--plain', 'one line per event, also on a terminal');

const addRun = (program: Command, terminal: Terminal, finish: Finish): void => {
  addRunOptions(program.command('run').argument('[files...]', 'text files to count'))
    .description('run the word count, or go on with it after whatever happened')
    .addHelpText('after', runHelp)
    .action(async (files: readonly string[], flags: RunFlags) =>
      finish(await run(planRun(files, flags), terminal)),
    );
};

const addReaders = (program: Command, terminal: Terminal, finish: Finish): void => {
  withData(program.command('status').description('how the job is, running or dead'))
    .option('--json', 'as JSON')
    .addHelpText('after', statusHelp)
    .action(async ({ data, ...flags }: JsonFlags) =>
      finish(await status(dataDirectory(data), flags, terminal)),
    );
  withData(program.command('checkpoints').description('the last checkpoints and savepoints of the job'))
    .option('--json', 'as JSON')
    .addHelpText('after', checkpointsHelp)
    .action(async ({ data, ...flags }: JsonFlags) =>
      finish(await checkpoints(dataDirectory(data), flags, terminal)),
    );
  withData(program.command('journal').description('the facts of the job, in order'))
    .option('--json', 'one JSON object per line')
    .option('--follow', 'go on until the job has ended')
    .addHelpText('after', journalHelp)
    .action(async ({ data, ...flags }: DataFlags & JournalOptions) =>
      finish(await journal(dataDirectory(data), flags, terminal)),
    );
};

const addOthers = (program: Command, terminal: Terminal, finish: Finish): void => {
  withData(program.command('cancel').description('end the job for good, running or dead'))
    .addHelpText('after', cancelHelp)
    .action(async ({ data }: DataFlags) => finish(await cancel(dataDirectory(data), terminal)));
  program
    .command('inspect')
    .argument('<path>', 'directory or metadata file of a checkpoint or savepoint')
    .description('what a metadata file holds')
    .option('--json', 'as JSON')
    .addHelpText('after', inspectHelp)
    .action(async (path: string, flags: { readonly json?: boolean }) =>
      finish(await inspect(path, flags, terminal)),
    );
};

const pathsText = 'metadata files, or directories that hold one';

const addMetadataReaders = (group: Command, terminal: Terminal, finish: Finish): void => {
  group
    .command('show')
    .argument('<paths...>', pathsText)
    .description('operators, sizes, key groups and files, in tables')
    .option('--json', 'everything, as JSON')
    .option('--raw', 'every field with its offset, length and bytes, one a line')
    .addHelpText('after', metadataShowHelp)
    .action(async (paths: readonly string[], flags: ShowFlags) =>
      finish(await showMetadata(paths, flags, terminal)),
    );
  group
    .command('verify')
    .argument('<paths...>', pathsText)
    .description('whether all that a file refers to is there, and nothing is held twice')
    .addHelpText('after', metadataVerifyHelp)
    .action(async (paths: readonly string[]) => finish(await verifyMetadata(paths, terminal)));
};

const addMetadataOthers = (group: Command, terminal: Terminal, finish: Finish): void => {
  group
    .command('diff')
    .argument('<before>', 'metadata file, or its directory')
    .argument('<after>', 'metadata file, or its directory')
    .description('what changed from one checkpoint to another')
    .addHelpText('after', metadataDiffHelp)
    .action(async (before: string, after: string) => finish(await diffMetadata(before, after, terminal)));
  group
    .command('convert')
    .argument('<in>', 'metadata file, or its directory')
    .argument('<out>', 'file to make')
    .description('the same content in another format version')
    .requiredOption(
      '--format <n>',
      `the format version to write: ${convertibleFormats.join(', ')}`,
      oneOf('--format', convertibleFormats),
    )
    .option(
      '--drop-properties',
      'leave out the checkpoint properties, which formats 2 and 3 have no place for',
    )
    .addHelpText('after', metadataConvertHelp)
    .action(async (input: string, output: string, flags: ConvertFlags) =>
      finish(await convertMetadata(input, output, flags, terminal)),
    );
};

const addMetadataRelocate = (group: Command, terminal: Terminal, finish: Finish): void => {
  group
    .command('relocate')
    .argument('<path>', 'metadata file, or its directory')
    .description('rewrite absolute paths after the files have been copied to another directory')
    .requiredOption('--to <uri>', 'the directory the files are in now, or will be')
    .option('--from <uri>', 'the directory they were in (default: where the absolute paths say)')
    .option('--write', 'write the new file; without it only a preview is printed')
    .option(
      '--output <file>',
      'the file to make (default: the metadata file with .relocated behind its name)',
    )
    .option('--json', 'as JSON, with all paths')
    .addHelpText('after', metadataRelocateHelp)
    .action(async (path: string, flags: RelocateFlags) =>
      finish(await relocateMetadataFile(path, flags, terminal)),
    );
};

const addMetadata = (program: Command, terminal: Terminal, finish: Finish): void => {
  const group = program
    .command('metadata')
    .description('look into, check, compare, convert and move metadata files of any format')
    .addHelpText('after', metadataHelp)
    .allowExcessArguments()
    .action((_flags: unknown, self: Command) => {
      const [unknown] = self.args;
      if (unknown !== undefined) self.error(`error: unknown command 'metadata ${unknown}'`);
      self.outputHelp();
    });
  addMetadataReaders(group, terminal, finish);
  addMetadataOthers(group, terminal, finish);
  addMetadataRelocate(group, terminal, finish);
};

const createProgram = (terminal: Terminal, finish: Finish): Command => {
  const program = new Command('tidemark')
    .description('A word count with checkpoints that survives whatever happens to its process.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.write(text), writeErr: () => undefined })
    .addHelpText('after', programHelp);
  addRun(program, terminal, finish);
  addOthers(program, terminal, finish);
  addReaders(program, terminal, finish);
  addMetadata(program, terminal, finish);
  return program;
};

const usageError = (error: CommanderError): TidemarkError =>
  new TidemarkError('ARGUMENT_INVALID', error.message.replace(/^error: /, ''), { commander: error.code });

/**
 * Carries out one command line.
 * @throws TidemarkError; ARGUMENT_INVALID and CONFIGURATION_INVALID for what the user typed.
 */
export const runProgram = async (words: readonly string[], terminal: Terminal): Promise<ExitStatus> => {
  let finished: ExitStatus = exitStatus.done;
  const program = createProgram(terminal, (given) => {
    finished = given;
  });
  try {
    await program.parseAsync(words.length === 0 ? ['--help'] : words, { from: 'user' });
    return finished;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitStatus.done;
    throw usageError(error);
  }
};
