/** The state of one subtask in words, one text for each slot. */
import { assertNever } from '../../../errors.ts';
import { packedChannelsView } from '../../../metadata/packed-channels.ts';
import type {
  ChannelStateHandle,
  KeyedStateHandle,
  OperatorStateHandle,
  OperatorSubtaskState,
  StreamStateHandle,
} from '../../../state/handles.ts';
import { keyedSizes, streamSizeBytes } from '../../../state/sizes.ts';
import { counted } from '../../terminal/quantities.ts';
import { sizeText } from './columns.ts';

export const streamText = (stream: StreamStateHandle): string => {
  const size = sizeText(streamSizeBytes(stream));
  switch (stream.kind) {
    case 'byteStream':
      return `${size} inline`;
    case 'relativeFile':
      return `${size} in ${stream.relativePath}`;
    case 'file':
      return `${size} in ${stream.path}`;
    case 'segmentFile':
      return `${size} from ${stream.startPosition} in ${stream.path}`;
    case 'keyGroupsStream':
      return streamText(stream.stream);
    case 'emptySegment':
      return 'nothing';
    default:
      return assertNever(stream);
  }
};

/** Every state with the number of its pieces, and how they are handed out unless they are split. */
const operatorStateText = ({ states, stream }: OperatorStateHandle): string => {
  const named = states.map(({ name, mode, offsets }) => {
    const dealt = mode === 'SPLIT_DISTRIBUTE' ? '' : ` ${mode}`;
    return `${name}[${offsets.length}]${dealt}`;
  });
  return [...named, streamText(stream)].join(', ');
};

const keyGroupsText = (handle: KeyedStateHandle): string => {
  const count = 'offsets' in handle ? handle.offsets.length : handle.keyGroupCount;
  if (count <= 0) return 'no key groups';
  return `key groups ${handle.firstKeyGroup}–${handle.firstKeyGroup + count - 1}`;
};

const sizeOfAll = (streams: readonly (StreamStateHandle | undefined)[]): string =>
  sizeText(
    streams.reduce((total, stream) => total + (stream === undefined ? 0n : streamSizeBytes(stream)), 0n),
  );

const filesText = (which: string, files: readonly { readonly stream: StreamStateHandle }[]): string =>
  `${counted(files.length, `${which} file`)}, ${sizeOfAll(files.map(({ stream }) => stream))}`;

type Kind<Name extends KeyedStateHandle['kind']> = Extract<KeyedStateHandle, { readonly kind: Name }>;

const incrementalText = (handle: Kind<'incremental'>): string =>
  [
    ...(handle.metadata === undefined ? [] : [`metadata ${streamText(handle.metadata)}`]),
    filesText('shared', handle.sharedFiles),
    filesText('private', handle.privateFiles),
    `new ${sizeText(keyedSizes(handle).checkpointedSizeBytes)}`,
  ].join('; ');

const changelogText = ({ materialized, nonMaterialized }: Kind<'changelog'>): string =>
  [
    ...materialized.filter((inner) => inner !== undefined).map((inner) => `base: ${contentText(inner)}`),
    ...nonMaterialized.map(contentText),
  ].join('; ');

/** What a keyed handle holds, without its key groups. */
const contentText = (handle: KeyedStateHandle): string => {
  switch (handle.kind) {
    case 'keyGroups':
    case 'savepointKeyGroups':
      return streamText(handle.stream);
    case 'incremental':
      return incrementalText(handle);
    case 'changelog':
      return changelogText(handle);
    case 'changelogInMemory':
      return `${counted(handle.changes.length, 'change')}, ${sizeText(keyedSizes(handle).stateSizeBytes)} inline`;
    case 'changelogInFiles':
      return `changes, ${sizeText(handle.sizeBytes)} in ${counted(handle.files.length, 'file')}`;
    default:
      return assertNever(handle);
  }
};

const keyedStateText = (handle: KeyedStateHandle): string =>
  `${keyGroupsText(handle)}, ${contentText(handle)}`;

const joined = <Handle>(
  handles: readonly (Handle | undefined)[],
  textOf: (handle: Handle) => string,
): string =>
  handles
    .filter((handle) => handle !== undefined)
    .map(textOf)
    .join('; ');

/** Managed and raw; in format 1 those of every operator of the chain. */
export const operatorStatesText = ({
  managedOperatorState,
  rawOperatorState,
  legacy,
}: OperatorSubtaskState): string => {
  const chained = [...(legacy?.chain?.managed ?? []), ...(legacy?.chain?.raw ?? [])];
  return joined([managedOperatorState, rawOperatorState, ...chained], operatorStateText);
};

export const keyedStatesText = ({ managedKeyedState, rawKeyedState }: OperatorSubtaskState): string =>
  joined([managedKeyedState, rawKeyedState], keyedStateText);

/** A merged handle holds as many channels as its bytes say. */
const channelCount = (handle: ChannelStateHandle): number =>
  'packedChannels' in handle
    ? packedChannelsView(handle.packedChannels, ['first', 'second']).channels.length
    : 1;

/** How many channels there are, and their size: `3, 46 B`. */
export const channelsText = (handles: readonly ChannelStateHandle[] = []): string => {
  if (handles.length === 0) return '';
  const count = handles.reduce((total, handle) => total + channelCount(handle), 0);
  return `${count}, ${sizeText(handles.reduce((total, { sizeBytes }) => total + sizeBytes, 0n))}`;
};

export const legacyText = ({ legacy }: OperatorSubtaskState): string =>
  joined(legacy?.legacyStates ?? [], streamText);
