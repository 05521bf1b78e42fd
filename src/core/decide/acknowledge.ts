/**
 * Acknowledgements: one batch a turn, one fact per checkpoint it touches, one outcome byte per frame. Recorded slices
 * are copied once, to where the journal and the ledger both read them.
 */
import type { StreamStateHandle } from '../../state/handles.ts';
import type { CheckpointId } from '../../state/ids.ts';
import type { LocationReference } from '../../state/location.ts';
import { streamHandlesOf } from '../../metadata/walk.ts';
import { pickRows, type AcknowledgedColumns, type FrameBatch } from '../columns.ts';
import type { Acknowledge } from '../commands.ts';
import type { CheckpointFullyAcknowledged, DiscardFile, Fact, TasksAcknowledged } from '../facts/fact.ts';
import { isCollecting, type JobState, type UnfinishedCheckpoint } from '../job-state.ts';
import type { AcknowledgementTotals } from '../ledger.ts';
import { addColumns, type Ledger } from '../ledger.ts';
import { frameOutcomeCode, type FrameOutcome } from '../outcomes.ts';
import { absenceOf } from './absent.ts';
import { decided, DiscardPlanner, type Decision } from './decision.ts';
import { lateCauses, locationOf, reportedFacts } from './late-state.ts';
import { isPlainName, Registrar, type Reference } from './register.ts';
import { tooLargeFacts } from './too-large.ts';

export const fullyAcknowledgedFact = (
  checkpointId: CheckpointId,
  at: number,
  totals: AcknowledgementTotals,
): CheckpointFullyAcknowledged => ({ type: 'checkpoint.fullyAcknowledged', at, checkpointId, totals });

/** What one decision sees of a checkpoint: its bits already hold the rows decided before. */
interface Target {
  readonly checkpoint: UnfinishedCheckpoint;
  readonly ledger: Ledger;
  readonly bits: Uint32Array;
  readonly rows: number[];
}

const isMalformed = (
  state: JobState,
  target: Target,
  batch: FrameBatch,
  row: number,
  position: number,
): boolean => {
  const { plan } = target.checkpoint;
  const slices = batch.sliceCounts[row]!;
  if (slices === 0) return false;
  const operators = state.table.graph.vertices[plan.vertices[position]!]!.operators.length;
  return slices !== operators || batch.subtasks[row] !== plan.subtasks[position];
};

const judge = (state: JobState, target: Target, batch: FrameBatch, row: number): FrameOutcome => {
  const { plan } = target.checkpoint;
  const position = plan.positionOf(batch.slots[row]!);
  if (position < 0 || plan.attempts[position] !== batch.attempts[row]) return 'unknownAttempt';
  const mask = 1 << (position & 31);
  if ((target.bits[position >>> 5]! & mask) !== 0) return 'duplicate';
  if (isMalformed(state, target, batch, row, position)) return 'malformed';
  target.bits[position >>> 5]! |= mask;
  target.rows.push(row);
  return 'recorded';
};

/** The checkpoints a batch speaks of; consecutive rows mostly speak of one. */
class Targets {
  readonly #state: JobState;
  readonly all = new Map<number, Target>();

  constructor(state: JobState) {
    this.#state = state;
  }

  of(checkpointId: number): Target | undefined {
    const seen = this.all.get(checkpointId);
    if (seen !== undefined) return seen;
    const checkpoint = this.#state.table.checkpoints[checkpointId];
    const ledger = this.#state.ledgers.get(checkpointId);
    if (checkpoint === undefined || ledger === undefined) return undefined;
    const target = { checkpoint, ledger, bits: ledger.bits(), rows: [] };
    this.all.set(checkpointId, target);
    return target;
  }
}

/** Writes the sizes of registered files into copied handles that only refer to them: the file must be restorable. */
const resolveReferences = (bytes: Uint8Array, shift: number, references: readonly Reference[]): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { sizeAt, sizeBytes } of references) view.setBigInt64(sizeAt + shift, BigInt(sizeBytes));
};

const copySlices = (
  batch: FrameBatch,
  rows: readonly number[],
  command: Acknowledge,
  registrar: Registrar,
): Uint8Array => {
  let length = 0;
  for (const row of rows) length += batch.lengths[row]!;
  const bytes = command.allocate(length);
  let at = 0;
  for (const row of rows) {
    const start = batch.starts[row]!;
    bytes.set(batch.frames.subarray(start, start + batch.lengths[row]!), at);
    if (registrar.hasReferences) resolveReferences(bytes, at - start, registrar.referencesIn(row));
    at += batch.lengths[row]!;
  }
  return bytes;
};

/** A reference was weighed as a file of unknown size, which counts as -1. */
const withReferencedSizes = (
  columns: AcknowledgedColumns,
  rows: readonly number[],
  registrar: Registrar,
): AcknowledgedColumns => {
  if (!registrar.hasReferences) return columns;
  const stateSizeBytes = columns.stateSizeBytes.slice();
  rows.forEach((row, i) => {
    for (const { sizeBytes } of registrar.referencesIn(row)) stateSizeBytes[i]! += sizeBytes + 1;
  });
  return { ...columns, stateSizeBytes };
};

const recordedFacts = (target: Target, command: Acknowledge, registrar: Registrar): Fact[] => {
  const { checkpoint, ledger, rows } = target;
  if (rows.length === 0) return [];
  const { batch, at } = command;
  const { checkpointId } = checkpoint;
  const picked = rows.length === batch.count ? batch : pickRows(batch, rows);
  const columns = withReferencedSizes(picked, rows, registrar);
  const bytes = copySlices(batch, rows, command, registrar);
  const fact: TasksAcknowledged = {
    type: 'tasks.acknowledged',
    at,
    checkpointId,
    count: rows.length,
    columns,
    bytes,
  };
  const isFull = ledger.left === rows.length;
  // Before the tasks are asked others have to answer: the last of those decides (C-079).
  if (!isFull || !isCollecting(checkpoint)) return [fact];
  return [fact, fullyAcknowledgedFact(checkpointId, at, addColumns(ledger.totals, columns))];
};

/** The checkpoint's own files only: a frame may name any path, and nothing else of it is ours to delete. */
const ownFile = (location: LocationReference, handle: StreamStateHandle): DiscardFile | undefined => {
  if (handle.kind === 'relativeFile') {
    return isPlainName(handle.relativePath) ? { path: handle.relativePath, isRelative: true } : undefined;
  }
  // A segment is a part of a file that holds the state of other tasks too.
  if (handle.kind !== 'file') return undefined;
  const { path } = handle;
  const folder = [location.exclusive, location.shared].find((each) => path.startsWith(`${each}/`));
  if (folder === undefined || !isPlainName(path.slice(folder.length + 1))) return undefined;
  return { path, isRelative: false };
};

const lateFiles = (batch: FrameBatch, row: number, location: LocationReference): DiscardFile[] => {
  const files: (DiscardFile | undefined)[] = [];
  const end = batch.starts[row]! + batch.lengths[row]!;
  const view = new DataView(batch.frames.buffer, batch.frames.byteOffset, batch.frames.byteLength);
  for (let at = batch.starts[row]!; at < end;) {
    const length = view.getUint32(at);
    const handles = streamHandlesOf(batch.frames.subarray(at + 4, at + 4 + length));
    files.push(...handles.map((handle) => ownFile(location, handle)));
    at += 4 + length;
  }
  return files.filter((file) => file !== undefined);
};

interface LateRow {
  readonly row: number;
  readonly outcome: FrameOutcome;
}

/** Late state is discarded, not forgotten (C-087, C-089); what the registry knows is left to it (C-101). */
const discardFacts = (
  state: JobState,
  batch: FrameBatch,
  rows: readonly LateRow[],
  planner: DiscardPlanner,
  registrar: Registrar,
): Fact[] =>
  rows.flatMap(({ row, outcome }) => {
    const checkpointId = batch.checkpointIds[row]! as CheckpointId;
    const location = locationOf(state, checkpointId);
    const named = location === undefined ? [] : lateFiles(batch, row, location);
    const files = named.filter(
      ({ path, isRelative }) => !registrar.isRegistered(isRelative ? `${location?.exclusive}/${path}` : path),
    );
    if (location === undefined || files.length === 0) return [];
    const { exclusive } = location;
    const cause = lateCauses[outcome] ?? 'lateState';
    const clause = `slot ${batch.slots[row]!}, attempt ${batch.attempts[row]!}`;
    return [planner.plan(checkpointId, cause, clause, { kind: 'files', exclusive, files })];
  });

export const decideAcknowledge = (state: JobState, command: Acknowledge): Decision => {
  const { batch } = command;
  const targets = new Targets(state);
  const registrar = new Registrar(state, batch);
  const frames = new Uint8Array(batch.count);
  const toDiscard: LateRow[] = [];
  for (let row = 0; row < batch.count; row++) {
    const id = batch.checkpointIds[row]!;
    const target = targets.of(id);
    const refusal = batch.refused.size === 0 ? undefined : batch.refused.get(row);
    const isBelieved = refusal === undefined && registrar.register(row);
    const outcome =
      refusal?.outcome ??
      (isBelieved ? (target ? judge(state, target, batch, row) : absenceOf(state, id)) : 'malformed');
    frames[row] = frameOutcomeCode[outcome];
    if (lateCauses[outcome] !== undefined) toDiscard.push({ row, outcome });
  }
  const registered = registrar.facts(command.at);
  const recorded = [...targets.all.values()].flatMap((target) => recordedFacts(target, command, registrar));
  const late = toDiscard.filter(({ outcome }) => outcome === 'late').map(({ row }) => row);
  const planner = new DiscardPlanner(state, command.at);
  const tooLarge = tooLargeFacts(state, command, recorded, planner);
  const reported = reportedFacts(batch, late, command.at);
  const discards = discardFacts(state, batch, toDiscard, planner, registrar);
  const facts = [...registered, ...recorded, ...tooLarge, ...reported, ...discards];
  return decided(facts, { type: 'done', frames });
};
