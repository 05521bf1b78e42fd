/** `tidemark metadata relocate`: the same content for files that have been copied to another directory. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { TidemarkError } from '../../../errors.ts';
import { flinkPath } from '../../../metadata/flink-path.ts';
import { METADATA_VERSION } from '../../../metadata/layout.ts';
import { relocateMetadata, type RelocatedMetadata } from '../../../metadata/relocation.ts';
import { writtenDirectories } from '../../../metadata/written-directories.ts';
import { parsePath, toFileUri, toLocalPath } from '../../../storage/pointer.ts';
import { exitStatus, type ExitStatus } from '../../exit-status.ts';
import { commandLine, shellWord } from '../../program-name.ts';
import { bytesText, counted } from '../../terminal/quantities.ts';
import { pairLines, tableLines, type Column } from '../../terminal/table.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { readMetadataFile, type MetadataFile } from './metadata-file.ts';
import { encodedOf, relativeHandleCount, strayNote, writeNewFile } from './new-file.ts';

export interface RelocateFlags {
  readonly to: string;
  readonly from?: string;
  readonly output?: string;
  readonly write?: boolean;
  readonly json?: boolean;
}

/** More than these are counted; `--json` lists them. */
const EXAMPLES = 10;

/** Everything that the command has to tell. */
interface Plan {
  readonly file: MetadataFile;
  readonly from: string;
  readonly isDeduced: boolean;
  readonly to: string;
  readonly relocated: RelocatedMetadata;
  readonly output: string;
  readonly bytes: Uint8Array;
}

/** A path without scheme is one of this machine, relative to where the command runs. */
const isPlain = (text: string): boolean => {
  const parsed = parsePath(text);
  return parsed !== undefined && parsed.scheme === undefined && parsed.authority === undefined;
};

const refuseToGuess = ({ path }: MetadataFile, found: readonly string[]): TidemarkError => {
  const why =
    found.length === 0
      ? 'its absolute paths are all of shared files, or owned by tasks'
      : `its files were written in ${found.join(' and ')}`;
  return new TidemarkError('ARGUMENT_INVALID', `${path}: --from must be given: ${why}`, { path });
};

/** Where the files were written; nothing if no handle has an absolute path at all. */
const deducedFrom = (file: MetadataFile): string | undefined => {
  const directories = writtenDirectories(file.model);
  if (directories.length === 1) return directories[0];
  // Whatever is asked: each absolute path is either moved or kept.
  const { moved, kept } = relocateMetadata(file.model, { from: 'file:/', to: 'file:/' });
  if (moved === 0 && kept.length === 0) return undefined;
  throw refuseToGuess(file, directories);
};

/** The new directory in the form of the old one: bare if that is bare, otherwise with its scheme. */
const qualifiedTo = (to: string, from: string): string => {
  if (!isPlain(to)) return to;
  return isPlain(from) ? resolve(to) : toFileUri(resolve(to));
};

/** A plain `--from` is meant however the file spells it: with `file:` or without. */
const spellingsOf = (from: string): readonly string[] =>
  isPlain(from) ? [toFileUri(resolve(from)), resolve(from)] : [from];

const planOf = (file: MetadataFile, flags: RelocateFlags): Plan => {
  const deduced = flags.from === undefined ? deducedFrom(file) : undefined;
  // Without any absolute path every directory says the same: nothing moves.
  const given = flags.from ?? deduced ?? file.directory;
  const plans = (deduced === undefined ? spellingsOf(given) : [deduced]).map((from) => {
    const to = qualifiedTo(flags.to, from);
    return { from, to, relocated: relocateMetadata(file.model, { from, to }) };
  });
  const [plan] = plans.toSorted((one, other) => one.relocated.respelled - other.relocated.respelled);
  const { from, to, relocated } = plan as NonNullable<typeof plan>;
  const bytes = encodedOf(file.path, relocated.model, file.model.formatVersion ?? METADATA_VERSION);
  const output = flags.output ?? `${file.filePath}.relocated`;
  return { file, from, to, relocated, bytes, output, isDeduced: deduced !== undefined };
};

type MovedPath = RelocatedMetadata['paths'][number];

/** Whether a file stands in the new place; undefined for a place that cannot be looked at from here. */
const isThere = ({ after }: MovedPath): boolean | undefined => {
  const path = toLocalPath(flinkPath(after));
  return path === undefined ? undefined : existsSync(path);
};

const thereText = (path: MovedPath): string => {
  const there = isThere(path);
  if (there === undefined) return '?';
  return there ? 'yes' : 'no';
};

const movedColumns: readonly Column<MovedPath>[] = [
  { title: 'exists', text: thereText },
  { title: 'from', text: ({ before }) => before },
  { title: 'to', text: ({ after }) => after },
];

const keptColumns: readonly Column<string>[] = [{ title: 'path', text: (path) => path }];

const section = <Row>(
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): readonly string[] => {
  if (rows.length === 0) return [];
  const lines = tableLines(columns, rows.slice(0, EXAMPLES)).map((line) => `  ${line}`);
  const more = rows.length - EXAMPLES;
  return ['', title, ...lines, ...(more > 0 ? [`  … and ${more} more, see --json`] : [])];
};

const backText = ({ relocated: { isReversible, respelled } }: Plan): string => {
  if (isReversible) return 'relocating back gives the same bytes again';
  return respelled > 0
    ? `leads to the same places, but ${counted(respelled, 'path')} had another spelling than --from`
    : 'a path that is kept lies in --to already: relocating back would move it too';
};

const headLines = (plan: Plan): readonly string[] => {
  const { file, from, isDeduced, to, relocated } = plan;
  const relative = relativeHandleCount(file.model);
  return pairLines([
    ['file', `${file.filePath}, format ${file.model.formatVersion ?? METADATA_VERSION}`],
    ['from', `${from} (${isDeduced ? 'where its files were written' : 'as given'})`],
    ['to', to],
    ['rewritten', counted(relocated.moved, 'path')],
    ['kept', counted(relocated.kept.length, 'path outside', 'paths outside')],
    ['relative', `${counted(relative, 'handle')}, looked for beside the file wherever it is`],
    ['way back', backText(plan)],
  ]);
};

const missingNote = ({ paths }: RelocatedMetadata): readonly string[] => {
  const missing = paths.filter((path) => isThere(path) === false).length;
  return missing === 0
    ? []
    : ['', `note: ${missing} of ${counted(paths.length, 'file')} not in the new place yet; copy them first`];
};

const previewLines = (plan: Plan): readonly string[] => {
  const { paths, kept } = plan.relocated;
  return [
    ...headLines(plan),
    ...section(`rewritten: ${counted(paths.length, 'place')}`, movedColumns, paths),
    ...section(`kept: ${counted(kept.length, 'place')}, which must stay where they are`, keptColumns, kept),
    ...missingNote(plan.relocated),
  ];
};

const freeName = (path: string): string => {
  const name = `${path}.original`;
  return existsSync(name) ? freeName(name) : name;
};

const inForceLines = ({ file, output }: Plan): readonly string[] => {
  const { filePath, path, directory } = file;
  const pointer = filePath === path ? toFileUri(resolve(filePath)) : directory;
  return [
    '',
    'put it in force:',
    `  $ mv ${shellWord(filePath)} ${shellWord(freeName(filePath))}`,
    `  $ mv ${shellWord(output)} ${shellWord(filePath)}`,
    'check it, and restore from it:',
    `  $ ${commandLine('metadata', 'verify', path)}`,
    `  $ flink run -s ${shellWord(pointer)} …`,
  ];
};

const endLines = (plan: Plan, isWritten: boolean): readonly string[] => {
  const { file, output, bytes, relocated } = plan;
  if (relocated.moved === 0) return ['', 'nothing to rewrite; nothing was written'];
  if (!isWritten) return ['', `nothing was written; with --write it will be ${output}`];
  const note = strayNote(file, output);
  return [
    '',
    `${output}: written, ${bytesText(bytes.length)}`,
    ...(note === undefined ? [] : [note]),
    ...inForceLines(plan),
  ];
};

const jsonOf = (plan: Plan, isWritten: boolean): object => {
  const { file, from, isDeduced, to, relocated, output } = plan;
  const { moved, paths, kept, respelled, isReversible } = relocated;
  return {
    file: file.filePath,
    formatVersion: file.model.formatVersion,
    from,
    isDeduced,
    to,
    moved,
    paths: paths.map((path) => ({ ...path, exists: isThere(path) ?? null })),
    kept,
    relative: relativeHandleCount(file.model),
    respelled,
    isReversible,
    output,
    isWritten,
  };
};

/**
 * Tells what would be rewritten, and with `--write` writes it as a new file. The file that was read stays as it is.
 * @throws ARGUMENT_INVALID for a directory that is no absolute path, and when `--from` must be given; STORAGE_CONFLICT
 *   when the output exists; also POINTER_INVALID, METADATA_CORRUPT, STORAGE_UNAVAILABLE. Nothing has been written then.
 */
export const relocateMetadataFile = async (
  path: string,
  flags: RelocateFlags,
  terminal: Terminal,
): Promise<ExitStatus> => {
  const plan = planOf(await readMetadataFile(path), flags);
  const isWritten = flags.write === true && plan.relocated.moved > 0;
  if (isWritten) await writeNewFile(plan.output, plan.bytes);
  if (flags.json === true) terminal.line(JSON.stringify(jsonOf(plan, isWritten), undefined, 2));
  else for (const line of [...previewLines(plan), ...endLines(plan, isWritten)]) terminal.line(line);
  return exitStatus.done;
};
