/** `tidemark metadata verify`: whether all that a metadata file refers to is there, and what is odd about it. */
import { promises } from 'node:fs';
import { messageOf } from '../../../errors.ts';
import { isProblem, metadataFindings, type Finding } from '../../../metadata/findings.ts';
import { fileReferences, type FileReference } from '../../../metadata/references.ts';
import { toLocalPath } from '../../../storage/pointer.ts';
import { exitStatus, type ExitStatus } from '../../exit-status.ts';
import { counted } from '../../terminal/quantities.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { forEachFile, type MetadataFile } from './metadata-file.ts';

/** A line of the report. Only problems count for the exit status. */
interface Remark {
  readonly isProblem: boolean;
  readonly text: string;
}

const slotTexts = { managedKeyedState: 'managed keyed state', rawKeyedState: 'raw keyed state' } as const;

const groupsText = ({ start, end }: { readonly start: number; readonly end: number }): string =>
  start === end ? `key group ${start}` : `key groups ${start}–${end}`;

const findingText = (finding: Finding): string => {
  const place = `operator ${finding.operatorId}`;
  if (finding.kind === 'noState') return `${place}: no state`;
  const what = `${place} › ${slotTexts[finding.slot]}: ${groupsText(finding)}`;
  switch (finding.kind) {
    case 'keyGroupGap':
      return `${what} held by no subtask${finding.isOfIdleSubtasks ? ' (their subtasks hold no keyed state)' : ''}`;
    case 'keyGroupOverlap':
      return `${what} held by subtasks ${finding.subtasks.join(' and ')}`;
    case 'keyGroupsBeyond':
      return `${what} of subtask ${finding.subtask} beyond the max parallelism`;
  }
};

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

const sizeProblem = ({ sizesBytes, leastSizeBytes }: FileReference, found: bigint): string | undefined => {
  if (sizesBytes.length > 1) return `handles give it different sizes: ${sizesBytes.join(' and ')} bytes`;
  const [size = found] = sizesBytes;
  if (size !== found) return `has ${found} bytes instead of ${size}`;
  return found < leastSizeBytes
    ? `has ${found} bytes, but state in it ends at byte ${leastSizeBytes}`
    : undefined;
};

/** What is wrong with a file, or nothing. */
const fileProblem = async (file: FileReference): Promise<string | undefined> => {
  const localPath = toLocalPath(file.path);
  if (localPath === undefined) return 'cannot be checked: it is not on a local file system';
  try {
    const found = await promises.stat(localPath, { bigint: true });
    return found.isFile() ? sizeProblem(file, found.size) : 'is no file';
  } catch (error) {
    return isMissing(error) ? 'does not exist' : `cannot be checked: ${messageOf(error)}`;
  }
};

const fileRemarks = async (files: readonly FileReference[]): Promise<readonly Remark[]> => {
  const remarks: Remark[] = [];
  for (const file of files) {
    const problem = await fileProblem(file);
    if (problem === undefined) continue;
    remarks.push({ isProblem: true, text: `${file.path}: ${problem} (${file.place})` });
  }
  return remarks;
};

const verifyOne = async (file: MetadataFile, terminal: Terminal): Promise<ExitStatus> => {
  const files = fileReferences(file.model, file.directory);
  const remarks = [
    ...(await fileRemarks(files)),
    ...metadataFindings(file.model).map((finding) => ({
      isProblem: isProblem(finding),
      text: findingText(finding),
    })),
  ];
  const problems = remarks.filter((remark) => remark.isProblem);
  const verdict = problems.length === 0 ? 'fine' : counted(problems.length, 'problem');
  const { operators } = file.model;
  const scope = `${counted(operators.length, 'operator')}, ${counted(files.length, 'file')}`;
  terminal.line(`${file.path}: ${verdict} (${scope} referred to)`);
  for (const remark of remarks) terminal.line(`  ${remark.isProblem ? 'problem' : 'note'}  ${remark.text}`);
  return problems.length === 0 ? exitStatus.done : exitStatus.failed;
};

/** Checks each file in turn. Answers `failed` if one has a problem or cannot be read. */
export const verifyMetadata = async (paths: readonly string[], terminal: Terminal): Promise<ExitStatus> =>
  await forEachFile(paths, terminal, async (file) => await verifyOne(file, terminal));
