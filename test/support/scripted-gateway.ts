/** A gateway whose tasks are a script: for benches and tests that need the acknowledgements only. */
import { Subject } from 'rxjs';
import type { JobGraph } from '../../src/core/job-graph.ts';
import { encodeSubtaskEntry } from '../../src/metadata/subtask-entry.ts';
import { keyGroupRange } from '../../src/state/key-groups.ts';
import { parseOperatorId, parseVertexId, slot, type CheckpointId, type JobId } from '../../src/state/ids.ts';
import { encodeFrame, noMetrics } from '../../src/tasks/frame.ts';
import type { LivingAttempt, TaskCommand, TaskGateway, TaskMessage } from '../../src/tasks/gateway.ts';

export interface ScriptedGateway extends TaskGateway {
  readonly messages$: Subject<TaskMessage>;
  readonly commands: TaskCommand[];
  onCommand: (command: TaskCommand) => void;
}

/** A gateway with the given attempts alive. */
export const scriptedGateway = (living: readonly LivingAttempt[]): ScriptedGateway => {
  const gateway: ScriptedGateway = {
    messages$: new Subject<TaskMessage>(),
    commands: [],
    onCommand: () => {},
    attach: async () => living,
    send: (commands) => {
      for (const command of commands) {
        gateway.commands.push(command);
        gateway.onCommand(command);
      }
    },
  };
  return gateway;
};

const hex = (value: number): string => value.toString(16).padStart(32, '0');

/** A graph of `vertices` vertices in a row with `parallelism` tasks each. */
export const rowGraph = (vertices: number, parallelism: number): JobGraph => ({
  settings: {},
  vertices: Array.from({ length: vertices }, (_, index) => ({
    id: parseVertexId(hex(index + 1)),
    name: `vertex-${index}`,
    parallelism,
    maxParallelism: Math.min(32_768, Math.max(128, parallelism)),
    operators: [{ id: parseOperatorId(hex(1000 + index)), name: `operator ${index}`, uid: `uid-${index}` }],
    inputs: index === 0 ? [] : [parseVertexId(hex(index))],
  })),
});

/** One attempt of every task, slots from 0 in plan order. */
export const livingAttempts = (graph: JobGraph): LivingAttempt[] => {
  let next = 0;
  return graph.vertices.flatMap((vertex) =>
    Array.from({ length: vertex.parallelism }, (_, subtask) => ({
      slot: slot(next++),
      attempt: 1,
      vertexId: vertex.id,
      subtask,
      dataEnded: false,
    })),
  );
};

/** The subtask entry of a task: one keyed and one operator handle, both in files of the checkpoint. */
const entryOf = (graph: JobGraph, attempt: LivingAttempt): Uint8Array => {
  const vertex = graph.vertices.find((candidate) => candidate.id === attempt.vertexId)!;
  const range = keyGroupRange(vertex.maxParallelism, vertex.parallelism, attempt.subtask);
  const file = (n: number) => ({
    kind: 'relativeFile' as const,
    relativePath: `0b7f3c52-9d1e-4a6b-8c0f-${(attempt.slot * 2 + n).toString(16).padStart(12, '0')}`,
    sizeBytes: 65_536n,
  });
  return encodeSubtaskEntry(attempt.subtask, {
    managedOperatorState: {
      kind: 'operatorStream',
      states: [{ name: 'offsets', mode: 'SPLIT_DISTRIBUTE', offsets: [0n, 64n] }],
      stream: file(0),
    },
    managedKeyedState: {
      kind: 'keyGroups',
      firstKeyGroup: range.start,
      offsets: Array.from({ length: Math.min(4, range.end - range.start + 1) }, (_, index) =>
        BigInt(index * 100),
      ),
      stream: file(1),
      stateHandleId: `5a9e0f11-0000-4000-8000-${attempt.slot.toString(16).padStart(12, '0')}`,
    },
  });
};

/** The frames of all attempts, one after the other, for any checkpoint id: see {@link stampFrames}. */
export const framesOf = (jobId: JobId, graph: JobGraph, living: readonly LivingAttempt[]): Buffer =>
  Buffer.concat(
    living.map((attempt) =>
      encodeFrame({
        jobId,
        checkpointId: 1 as CheckpointId,
        slot: attempt.slot,
        attempt: attempt.attempt,
        metrics: noMetrics,
        claimedStateSizeBytes: 131_072,
        slices: [entryOf(graph, attempt)],
      }),
    ),
  );

/** A copy of the frames that acknowledges `checkpointId`. */
export const stampFrames = (frames: Buffer, checkpointId: CheckpointId): Buffer => {
  const copy = Buffer.from(frames);
  for (let at = 0; at < copy.length; at += copy.readUInt32BE(at))
    copy.writeBigInt64BE(BigInt(checkpointId), at + 20);
  return copy;
};

/** Cuts frames into messages of about `messageBytes`, each with memory of its own, as a transport delivers them. */
export const cutFrames = (frames: Buffer, messageBytes: number): Uint8Array[] => {
  const parts: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < frames.length;) {
    at += frames.readUInt32BE(at);
    if (at - start >= messageBytes || at === frames.length) {
      parts.push(Uint8Array.prototype.slice.call(frames, start, at));
      start = at;
    }
  }
  return parts;
};
