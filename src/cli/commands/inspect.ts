/** `tidemark inspect`: what the metadata file of a checkpoint or savepoint holds, subtask by subtask. */
import type { MasterState, OperatorState, SubtaskEntry } from '../../metadata/model.ts';
import { metadataView } from '../../metadata/view.ts';
import { subtaskSizes } from '../../state/sizes.ts';
import { exitStatus, type ExitStatus } from '../exit-status.ts';
import { tableLines, type Column } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { sizeText } from './metadata/columns.ts';
import { headLines } from './metadata/head.ts';
import { readMetadataFile, sha256Hex, type MetadataFile } from './metadata/metadata-file.ts';
import {
  channelsText,
  keyedStatesText,
  legacyText,
  operatorStatesText,
  streamText,
} from './metadata/state-texts.ts';
import { filled, fileTable, operatorTable, section } from './metadata/tables.ts';

const masterColumns: readonly Column<MasterState>[] = [
  { title: 'name', text: ({ name }) => name },
  { title: 'version', text: ({ version }) => String(version), isNumber: true },
  { title: 'size', text: ({ data }) => sizeText(BigInt(data.length)), isNumber: true },
];

const sizeOrEnd = ({ isFinished, state }: SubtaskEntry): string =>
  isFinished === true ? 'finished' : sizeText(subtaskSizes(state).stateSizeBytes);

const subtaskColumns: readonly Column<SubtaskEntry>[] = [
  { title: 'subtask', text: ({ subtaskIndex }) => String(subtaskIndex), isNumber: true },
  { title: 'size', text: sizeOrEnd, isNumber: true },
  { title: 'operator state', text: ({ state }) => operatorStatesText(state) },
  { title: 'keyed state', text: ({ state }) => keyedStatesText(state) },
  { title: 'input channels', text: ({ state }) => channelsText(state.inputChannelState), isNumber: true },
  {
    title: 'output channels',
    text: ({ state }) => channelsText(state.resultSubpartitionState),
    isNumber: true,
  },
  { title: 'legacy state', text: ({ state }) => legacyText(state) },
];

const headingOf = (operator: OperatorState): string => {
  const { operatorId, name, uid, parallelism, maxParallelism, chainLength = 1 } = operator;
  const named = [name, uid === undefined ? undefined : `uid ${uid}`].filter((text) => text !== undefined);
  const label = named.length === 0 ? '' : ` (${named.join(', ')})`;
  const chained = chainLength === 1 ? '' : `, a chain of ${chainLength}`;
  const end = operator.isFullyFinished === true ? ', fully finished' : '';
  return `operator ${operatorId}${label}, parallelism ${parallelism} of at most ${maxParallelism}${chained}${end}`;
};

const operatorLines = (operator: OperatorState): readonly string[] => {
  const { coordinatorState, subtasks } = operator;
  const columns = filled(subtaskColumns, subtasks);
  return [
    '',
    headingOf(operator),
    ...(coordinatorState === undefined ? [] : [`  coordinator: ${streamText(coordinatorState)}`]),
    ...(subtasks.length === 0 ? [] : tableLines(columns, subtasks).map((line) => `  ${line}`)),
  ];
};

const linesOf = (file: MetadataFile): readonly string[] => [
  ...headLines(file),
  ...section('master states', masterColumns, file.model.masterStates),
  ...operatorTable(file.model),
  ...file.model.operators.flatMap(operatorLines),
  ...fileTable(file),
];

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
  if (json) terminal.line(JSON.stringify(metadataView(file.model, sha256Hex), undefined, 2));
  else for (const line of linesOf(file)) terminal.line(line);
  return exitStatus.done;
};
