/** `tidemark inspect`: what the metadata file of a checkpoint or savepoint holds. */
import type { OperatorState, SubtaskEntry } from '../../metadata/model.ts';
import type { CheckpointProperties } from '../../metadata/properties.ts';
import { flinkRefusal, metadataView } from '../../metadata/view.ts';
import type { KeyedStateHandle, OperatorStateHandle, StreamStateHandle } from '../../state/handles.ts';
import { streamSizeBytes, subtaskSizes } from '../../state/sizes.ts';
import { exitStatus, type ExitStatus } from '../exit-status.ts';
import { bytesText, counted } from '../terminal/quantities.ts';
import { pairLines, tableLines, type Column } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { readMetadataFile, sha256Hex, type MetadataFile } from './metadata/metadata-file.ts';

const streamText = (stream: StreamStateHandle): string => {
  const size = bytesText(Number(streamSizeBytes(stream)));
  switch (stream.kind) {
    case 'byteStream':
      return `${size} inline`;
    case 'relativeFile':
      return `${size} in ${stream.relativePath}`;
    case 'file':
    case 'segmentFile':
      return `${size} in ${stream.path}`;
    case 'keyGroupsStream':
      return streamText(stream.stream);
    case 'emptySegment':
      return 'nothing';
  }
};

const operatorStateText = (handle: OperatorStateHandle | undefined): string => {
  if (handle === undefined) return '';
  const states = handle.states.map(({ name, offsets }) => `${name}[${offsets.length}]`);
  return `${states.join(' ')}, ${streamText(handle.stream)}`;
};

const keyedStateText = (handle: KeyedStateHandle | undefined): string => {
  if (handle === undefined) return '';
  const count = 'offsets' in handle ? handle.offsets.length : handle.keyGroupCount;
  const groups = `key groups ${handle.firstKeyGroup}–${handle.firstKeyGroup + count - 1}`;
  switch (handle.kind) {
    case 'keyGroups':
    case 'savepointKeyGroups':
      return `${groups}, ${streamText(handle.stream)}`;
    case 'incremental': {
      const files = handle.sharedFiles.length + handle.privateFiles.length;
      return `${groups}, ${counted(files, 'file')} of an incremental snapshot`;
    }
    case 'changelog':
      return `${groups}, ${counted(handle.nonMaterialized.length, 'increment')} of a changelog`;
    case 'changelogInMemory':
    case 'changelogInFiles':
      return `${groups}, an increment of a changelog`;
  }
};

const columns: readonly Column<SubtaskEntry>[] = [
  { title: 'subtask', text: ({ subtaskIndex }) => String(subtaskIndex), isNumber: true },
  {
    title: 'size',
    text: ({ state }) => bytesText(Number(subtaskSizes(state).stateSizeBytes)),
    isNumber: true,
  },
  {
    title: 'operator state',
    text: ({ state }) =>
      [state.managedOperatorState, state.rawOperatorState].map(operatorStateText).filter(Boolean).join('; '),
  },
  {
    title: 'keyed state',
    text: ({ state }) =>
      [state.managedKeyedState, state.rawKeyedState].map(keyedStateText).filter(Boolean).join('; '),
  },
];

const operatorLines = (operator: OperatorState): readonly string[] => {
  const { operatorId, name, uid, parallelism, maxParallelism, subtasks } = operator;
  const named = [name, uid === undefined ? undefined : `uid ${uid}`].filter((text) => text !== undefined);
  const sizes = `parallelism ${parallelism} of at most ${maxParallelism}`;
  return [
    `operator ${operatorId}${named.length === 0 ? '' : ` (${named.join(', ')})`}, ${sizes}`,
    ...tableLines(columns, subtasks).map((line) => `  ${line}`),
    '',
  ];
};

const kindText = (properties: CheckpointProperties | undefined): string => {
  if (properties === undefined) return 'unknown: the file has no properties';
  const { snapshot } = properties;
  return snapshot.kind === 'checkpoint'
    ? snapshot.name
    : `${snapshot.name}, format ${snapshot.formatType ?? 'unknown'}`;
};

const discardText = (properties: CheckpointProperties): string => {
  const when = [
    ['subsumed', properties.discardSubsumed],
    ['finished', properties.discardFinished],
    ['cancelled', properties.discardCancelled],
    ['failed', properties.discardFailed],
    ['suspended', properties.discardSuspended],
  ] as const;
  const names = when.filter(([, isDiscarded]) => isDiscarded).map(([name]) => name);
  return names.length === 0 ? 'never' : `when ${names.join(', ')}`;
};

/** What stands around the operators: whose file it is, what kind of snapshot, when Flink deletes it. */
export const headLines = ({ model: metadata, directory, sizeBytes }: MetadataFile): readonly string[] => {
  const { properties, trailingBytes, masterStates, operators } = metadata;
  const refusal = flinkRefusal(metadata);
  return pairLines([
    ['checkpoint', String(metadata.checkpointId)],
    ['pointer', directory],
    ['file', `${bytesText(sizeBytes)}, format version ${metadata.formatVersion ?? 6}`],
    ['kind', kindText(properties)],
    ...(refusal === undefined ? [] : [['Flink', `refuses it: ${refusal}`] as const]),
    ...(properties === undefined ? [] : [['discarded', discardText(properties)] as const]),
    ['holds', `${counted(operators.length, 'operator')}, ${counted(masterStates.length, 'master state')}`],
    ...(trailingBytes === undefined
      ? []
      : [['ignored', `${trailingBytes.length} bytes behind the end`] as const]),
  ]);
};

/**
 * Prints what the file says; as JSON it has the shape of the project's dumps of what Flink loads.
 * @throws POINTER_INVALID, METADATA_CORRUPT, METADATA_UNSUPPORTED, STORAGE_UNAVAILABLE
 */
export const inspect = async (
  pointer: string,
  { json = false }: { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitStatus> => {
  const file = await readMetadataFile(pointer);
  const metadata = file.model;
  if (json) {
    terminal.line(JSON.stringify(metadataView(metadata, sha256Hex), undefined, 2));
    return exitStatus.done;
  }
  for (const line of [...headLines(file), '', ...metadata.operators.flatMap(operatorLines)])
    terminal.line(line);
  return exitStatus.done;
};
