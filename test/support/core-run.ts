/** A small job whose commands go through `step`: two sources and two sinks, the sinks with a chain of two operators. */
import type { Command, Time } from '../../src/core/commands.ts';
import { checkConfiguration, type CheckpointConfigurationOptions } from '../../src/core/configuration.ts';
import { FAILURES_UNLIMITED } from '../../src/core/configuration/record.ts';
import type { Effect } from '../../src/core/effects.ts';
import type { Fact, FactType } from '../../src/core/facts/fact.ts';
import type { JobGraph } from '../../src/core/job-graph.ts';
import { initialState, type JobState } from '../../src/core/job-state.ts';
import { frameOutcomes, type FrameOutcome } from '../../src/core/outcomes.ts';
import type { RosterEntry } from '../../src/core/roster.ts';
import { step, type Step } from '../../src/core/step.ts';
import { encodeSubtaskEntry } from '../../src/metadata/subtask-entry.ts';
import type { KeyedStateHandle, StreamStateHandle } from '../../src/state/handles.ts';
import {
  checkpointId,
  parseJobId,
  parseOperatorId,
  parseVertexId,
  slot,
  type CheckpointId,
  type JobId,
  type OperatorId,
} from '../../src/state/ids.ts';
import type { LocationReference } from '../../src/state/location.ts';
import {
  encodeFrame,
  FRAME_BYTES_MAX,
  FRAME_HEADER_BYTES,
  noMetrics,
  type AcknowledgementMetrics,
} from '../../src/tasks/frame.ts';
import { walkFrames } from '../../src/tasks/walk-frames.ts';

export const coreJobId = parseJobId('00c0ffee00c0ffee00c0ffee00c0ffee');

const operator = (digit: string, name: string) => ({
  id: parseOperatorId(digit.repeat(32)),
  name,
  uid: name,
});
const [sourceId, sinkId] = [parseVertexId('1'.repeat(32)), parseVertexId('2'.repeat(32))];

export const coreGraph: JobGraph = {
  settings: { format: 'text' },
  vertices: [
    {
      id: sourceId,
      name: 'source',
      parallelism: 2,
      maxParallelism: 128,
      operators: [operator('a', 'read')],
      inputs: [],
    },
    {
      id: sinkId,
      name: 'sink',
      parallelism: 2,
      maxParallelism: 128,
      operators: [operator('b', 'count'), operator('c', 'write')],
      inputs: [sourceId],
    },
  ],
};

/** The attempts of all four tasks, from a slot on. */
export const coreAttempts = (firstSlot: number, attempt: number): RosterEntry[] =>
  coreGraph.vertices.flatMap((vertex, index) =>
    Array.from({ length: vertex.parallelism }, (_, subtask) => ({
      vertex: index,
      subtask,
      slot: slot(firstSlot + index * 2 + subtask),
      attempt,
    })),
  );

export const coreLocation = (id: number): LocationReference => ({
  exclusive: `memory:/job/chk-${id}`,
  shared: 'memory:/job/shared',
});

/** One acknowledgement; what is left out is as the task of the slot would send it. */
export interface FrameSpec {
  readonly checkpointId: number;
  readonly slot: number;
  readonly attempt?: number;
  readonly subtask?: number;
  readonly sliceCount?: number;
  readonly jobId?: JobId;
  readonly claimedStateSizeBytes?: number;
  readonly metrics?: Partial<AcknowledgementMetrics>;
  /** The slices say that the subtask has come to its end. */
  readonly isFinished?: boolean;
  /**
   * Files that the first slice shares with other checkpoints: `a` is one of 10 bytes among the job's shared files,
   * `./a` in the checkpoint's own directory, `a:20` has another size and `a:-1` only refers to one that is registered.
   */
  readonly shared?: readonly string[];
  /** The stream of each slice; a relative file of 100 bytes per slice by default. */
  readonly stream?: StreamStateHandle;
}

/** Slots stand in plan order, four to a deployment. */
const subtaskOf = (frameSlot: number): number => frameSlot % 2;
const operatorsOf = (frameSlot: number): number => (frameSlot % 4 < 2 ? 1 : 2);

/** The path of a file among those that checkpoints share. */
export const sharedPath = (name: string): string =>
  name.includes('/') ? name : `${coreLocation(1).shared}/${name}`;

const sharedStream = (text: string): StreamStateHandle => {
  const [, name = '', size = '10'] = /^(.*?)(?::(-?\d+))?$/.exec(text) ?? [];
  const sizeBytes = BigInt(size);
  return name.startsWith('./')
    ? { kind: 'relativeFile', relativePath: name.slice(2), sizeBytes }
    : { kind: 'file', path: sharedPath(name), sizeBytes };
};

/** Keyed state as an incremental snapshot of files that earlier checkpoints may have brought. */
const incrementalState = (spec: FrameSpec, shared: readonly string[]): KeyedStateHandle => ({
  kind: 'incremental',
  firstKeyGroup: 0,
  keyGroupCount: 1,
  checkpointId: BigInt(spec.checkpointId),
  backendId: '00000000-0000-0000-0000-000000000001',
  checkpointedSizeBytes: 0n,
  metadata: undefined,
  sharedFiles: shared.map((text) => ({ localPath: text, stream: sharedStream(text) })),
  privateFiles: [],
  stateHandleId: 'handle',
});

const sliceOf = (spec: FrameSpec, index: number): Uint8Array => {
  const subtask = spec.subtask ?? subtaskOf(spec.slot);
  if (spec.isFinished === true) return encodeSubtaskEntry(subtask, 'finished');
  const relativePath = `${spec.checkpointId}-${spec.slot}-${spec.attempt ?? 1}-${index}`;
  const stream = spec.stream ?? { kind: 'relativeFile', relativePath, sizeBytes: 100n };
  return encodeSubtaskEntry(subtask, {
    managedOperatorState: { kind: 'operatorStream', states: [], stream },
    ...(spec.shared === undefined || index > 0
      ? {}
      : { managedKeyedState: incrementalState(spec, spec.shared) }),
  });
};

/** One subtask entry per operator of the task. */
export const slicesOf = (spec: FrameSpec): Uint8Array[] =>
  Array.from({ length: spec.sliceCount ?? operatorsOf(spec.slot) }, (_, index) => sliceOf(spec, index));

export const frameOf = (spec: FrameSpec): Uint8Array =>
  encodeFrame({
    jobId: spec.jobId ?? coreJobId,
    checkpointId: spec.checkpointId as CheckpointId,
    slot: slot(spec.slot),
    attempt: spec.attempt ?? 1,
    metrics: { ...noMetrics, ...spec.metrics },
    claimedStateSizeBytes: spec.claimedStateSizeBytes ?? 0,
    slices: slicesOf(spec),
  });

/** A frame beyond the limit, as a gateway of its own might let it through: only its head says anything. */
export const tooLargeFrame = (checkpointId: number, taskSlot: number, attempt = 1): Uint8Array => {
  const frame = Buffer.alloc(FRAME_BYTES_MAX + 1);
  frame.set(frameOf({ checkpointId, slot: taskSlot, attempt }).subarray(0, FRAME_HEADER_BYTES));
  frame.writeUInt32BE(frame.length, 0);
  return frame;
};

type Unstamped<Each> = Each extends Command ? Omit<Each, keyof Time> : never;

/** A command without its time, which the run stamps. */
export type CoreCommand = Unstamped<Command>;

/** Frames as they came, in one batch. */
export const framesCommand = (...frames: readonly Uint8Array[]): CoreCommand => ({
  type: 'acknowledge',
  batch: walkFrames(coreJobId, frames.length === 1 ? frames[0]! : Buffer.concat(frames)),
  allocate: (sizeBytes) => new Uint8Array(sizeBytes),
});

/** The frames of one batch as a command. */
export const acknowledgeCommand = (specs: readonly FrameSpec[]): CoreCommand =>
  framesCommand(Buffer.concat(specs.map(frameOf)));

/** What a task measured of a checkpoint. */
export const metricsOf = (checkpoint: number, taskSlot: number, attempt = 1) => ({
  checkpointId: checkpoint as CheckpointId,
  metrics: {
    ...noMetrics,
    slot: taskSlot,
    attempt,
    syncDurationMs: 7,
    stateSizeBytes: 0,
    checkpointedSizeBytes: 0,
  },
});

/** The same, reported without an acknowledgement. */
export const metricsCommand = (...given: Parameters<typeof metricsOf>): CoreCommand => ({
  type: 'reportMetrics',
  ...metricsOf(...given),
});

/** Who is asked before the tasks. */
export type AskedFirst = Pick<Extract<Command, { type: 'takeOver' }>, 'operatorCoordinators' | 'masterHooks'>;

/** The operators of the graph in order: `read`, `count` and `write`. */
export const [readOperator, countOperator, writeOperator] = ['a', 'b', 'c'].map((digit) =>
  parseOperatorId(digit.repeat(32)),
) as [OperatorId, OperatorId, OperatorId];

const bytesOf = (text: string | undefined): Uint8Array | undefined =>
  text === undefined ? undefined : new TextEncoder().encode(text);

const allocate = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes);

/** Operator coordinators answer, each with a text as its state, or without state. */
export const coordinatorsAnswer = (
  checkpointId: number,
  ...states: readonly (readonly [OperatorId, (string | undefined)?])[]
): CoreCommand => ({
  type: 'acknowledgeCoordinators',
  checkpointId: checkpointId as CheckpointId,
  states: states.map(([operatorId, text]) => ({ operatorId, bytes: bytesOf(text) })),
  allocate,
});

/** Master hooks answer in version 3 of their serializers, or without state. */
export const hooksAnswer = (
  checkpointId: number,
  ...states: readonly (readonly [string, (string | undefined)?])[]
): CoreCommand => ({
  type: 'acknowledgeHooks',
  checkpointId: checkpointId as CheckpointId,
  states: states.map(([hookId, text]) => ({
    hookId,
    version: text === undefined ? 0 : 3,
    bytes: bytesOf(text),
  })),
  allocate,
});

/** A job's state and what was decided so far. Time stands still unless the test moves it. */
export class CoreRun {
  state: JobState;
  at = 1_000;
  monotonicMs = 50;
  readonly facts: Fact[] = [];
  readonly effects: Effect[] = [];

  constructor(options: CheckpointConfigurationOptions = {}, asked: AskedFirst = {}) {
    const configuration = checkConfiguration({ tolerableFailed: FAILURES_UNLIMITED, ...options });
    this.state = initialState(coreJobId, coreGraph, configuration);
    this.tell({ type: 'takeOver', term: 1, configuration, isNew: true, ...asked });
  }

  /** Time passes on both clocks. */
  pass(ms: number): void {
    this.at += ms;
    this.monotonicMs += ms;
  }

  tell(command: CoreCommand): Step {
    const { at, monotonicMs } = this;
    const taken = step(this.state, { ...command, at, monotonicMs } as Command);
    this.state = taken.state;
    this.facts.push(...taken.facts);
    this.effects.push(...taken.effects);
    return taken;
  }

  /** Types of the facts a command decides. */
  factsOf(command: CoreCommand): FactType[] {
    return this.tell(command).facts.map((fact) => fact.type);
  }

  /** Deploys an attempt of every task. */
  deploy(firstSlot = 0, attempt = 1): void {
    this.tell({ type: 'restore', attempts: coreAttempts(firstSlot, attempt) });
  }

  /** A gateway says that all attempts of the roster live. */
  attach(): Step {
    const living = this.state.table.roster.entries().map((entry) => ({ ...entry, dataEnded: false }));
    return this.tell({ type: 'attach', living });
  }

  status(status: Extract<Command, { type: 'reportJobStatus' }>['status'], message = ''): Step {
    return this.tell({ type: 'reportJobStatus', status, message });
  }

  /** What was planned to be discarded is gone. */
  clean(): void {
    for (const discardId of Object.keys(this.state.table.discards).map(Number)) {
      this.tell({ type: 'confirmDiscard', discardId });
    }
  }

  /** By hand; with a storage that has deleted what it was told to, before that keeps new checkpoints waiting. */
  trigger(): CheckpointId {
    if (Object.keys(this.state.table.discards).length > 1) this.clean();
    const { outcome } = this.tell({ type: 'triggerCheckpoint' });
    if (outcome.checkpointId === undefined) throw new Error(`not triggered: ${outcome.type}`);
    return outcome.checkpointId;
  }

  locate(id: CheckpointId): void {
    this.tell({ type: 'locate', checkpointId: id, location: coreLocation(id) });
  }

  /** What each frame of one batch comes to. */
  acknowledge(...specs: readonly FrameSpec[]): FrameOutcome[] {
    const { outcome } = this.tell(acknowledgeCommand(specs));
    return Array.from(outcome.frames ?? [], (code) => frameOutcomes[code] as FrameOutcome);
  }

  /** Every attempt of the roster acknowledges. */
  acknowledgeAll(id: CheckpointId): void {
    const { slots, attempts } = this.state.table.roster;
    this.acknowledge(
      ...Array.from(slots, (each, i) => ({ checkpointId: id, slot: each, attempt: attempts[i] ?? 0 })),
    );
  }

  recordMetadata(id: CheckpointId): Step {
    const externalPointer = coreLocation(id).exclusive;
    return this.tell({ type: 'recordMetadata', checkpointId: id, externalPointer, metadataSizeBytes: 500 });
  }

  /** A checkpoint from its trigger to its completion. */
  complete(id: CheckpointId = this.trigger()): CheckpointId {
    this.locate(id);
    this.acknowledgeAll(id);
    this.recordMetadata(id);
    return id;
  }
}

/** A run whose four attempts (slots 0 to 3) are deployed and whose job runs. */
export const runningJob = (options: CheckpointConfigurationOptions = {}, asked?: AskedFirst): CoreRun => {
  const run = new CoreRun(options, asked);
  run.deploy();
  run.status('RUNNING');
  return run;
};

/** The same with an interval, so that a tick of the timer is heard. */
export const scheduledJob = (options: CheckpointConfigurationOptions = {}): CoreRun =>
  runningJob({ interval: '1 d', ...options });

export const id = checkpointId;
