/** Runs a source: it reads at its own pace, stops when a channel is full, and lets barriers in between two batches. */
import { Observable, type Subscriber, type Subscription } from 'rxjs';
import type { CheckpointId } from '../../state/ids.ts';
import type { NotifyAbortedCommand, TaskCommand, TriggerCommand } from '../../tasks/gateway.ts';
import { Snapshots, type CapturedState } from './snapshots.ts';
import type { TaskContext, TaskEvent } from './task.ts';

/** A source that was held up may catch up this much, so that pauses of the machine do not lower its rate. */
const THROTTLE_CATCH_UP_MS = 250;

/** What a source has read but not passed on. */
export interface SourceBatch {
  /** One entry per output channel: the records for it, or undefined for none. */
  readonly partitions: readonly unknown[];
  readonly records: number;
  readonly bytes: number;
}

/** What kind of source it is. */
export interface SourceLogic<Batch extends SourceBatch> {
  /** Bytes processed before this attempt. */
  readonly doneBytes: number;
  /** Reads on without moving the position; undefined at the end. */
  read(): Promise<Batch | undefined>;
  /** The batch is in the channels: the position moves behind it. */
  advance(batch: Batch): void;
  /** The state at this moment. */
  capture(): CapturedState;
}

export interface SourceTaskOptions<Batch extends SourceBatch> {
  /** Restores the state; runs anew for every attempt. */
  readonly createLogic: (context: TaskContext) => Promise<SourceLogic<Batch>>;
  /** Bytes per second at most; 0 is as fast as the channels allow. */
  readonly throttleBytesPerSecond: number;
}

class SourceRun<Batch extends SourceBatch> {
  readonly #context: TaskContext;
  readonly #options: SourceTaskOptions<Batch>;
  readonly #subscriber: Subscriber<TaskEvent>;
  readonly #snapshots: Snapshots;
  readonly #subscription: Subscription;
  #logic: SourceLogic<Batch> | undefined;
  #onRoom: (() => void) | undefined;
  #notBefore = 0;

  constructor(context: TaskContext, options: SourceTaskOptions<Batch>, subscriber: Subscriber<TaskEvent>) {
    this.#context = context;
    this.#options = options;
    this.#subscriber = subscriber;
    this.#snapshots = new Snapshots(context);
    this.#subscription = context.endpoint.commands$.subscribe((command) => this.#obey(command));
    for (const output of context.outputs) output.onRoom = () => this.#onRoom?.();
  }

  /** Runs to the end of the data, then stays alive for barriers. */
  async run(): Promise<void> {
    const logic = await this.#options.createLogic(this.#context);
    this.#logic = logic;
    this.#notBefore = this.#context.clock.monotonic();
    this.#subscriber.next({ type: 'running', doneBytes: logic.doneBytes });
    for (let batch = await logic.read(); batch !== undefined; batch = await logic.read()) {
      await this.#permission();
      if (this.#subscriber.closed) return;
      this.#emit(logic, batch);
    }
    if (!this.#subscriber.closed) this.#endOfData();
  }

  stop(): void {
    this.#subscription.unsubscribe();
    this.#snapshots.abortAll();
  }

  async #permission(): Promise<void> {
    const waitMs = this.#notBefore - this.#context.clock.monotonic();
    if (waitMs > 0) await new Promise<void>((resolve) => this.#schedule(resolve, waitMs));
    while (!this.#subscriber.closed && !this.#context.outputs.every((output) => output.hasRoom)) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    }
  }

  #schedule(work: () => void, delayMs: number): void {
    this.#subscriber.add(this.#context.clock.scheduler.schedule(work, delayMs));
  }

  #emit(logic: SourceLogic<Batch>, batch: Batch): void {
    const { outputs, clock } = this.#context;
    batch.partitions.forEach((records, index) => {
      if (records !== undefined) outputs[index]?.send({ kind: 'records', records });
    });
    logic.advance(batch);
    const { throttleBytesPerSecond } = this.#options;
    if (throttleBytesPerSecond > 0) {
      const due = Math.max(this.#notBefore, clock.monotonic() - THROTTLE_CATCH_UP_MS);
      this.#notBefore = due + (batch.bytes * 1000) / throttleBytesPerSecond;
    }
    this.#subscriber.next({ type: 'processed', records: batch.records, bytes: batch.bytes });
  }

  #endOfData(): void {
    for (const output of this.#context.outputs) output.send({ kind: 'endOfData' });
    this.#context.endpoint.endOfData();
    this.#subscriber.next({ type: 'endOfData' });
  }

  #obey(command: TaskCommand): void {
    switch (command.type) {
      case 'trigger':
        return this.#trigger(command);
      case 'notifyAborted':
        return this.#aborted(command);
      case 'notifyCompleted':
        this.#snapshots.keepOnly(command.olderInFlight, command.checkpointId);
        return this.#completed(command.checkpointId);
      case 'announce':
        return this.#snapshots.keepOnly(command.inFlight, command.latestCompletedId);
    }
  }

  #trigger(command: TriggerCommand): void {
    const { checkpointId, timestamp, location, options } = command;
    const { clock, endpoint, outputs } = this.#context;
    if (this.#logic === undefined) {
      endpoint.decline(checkpointId, 'CHECKPOINT_DECLINED_TASK_NOT_READY', 'the source is being restored');
      return;
    }
    const startedAt = clock.monotonic();
    const captured = this.#logic.capture();
    const times = {
      alignmentDurationMs: 0,
      syncDurationMs: clock.monotonic() - startedAt,
      startDelayMs: clock.now() - timestamp,
    };
    const barrier = { kind: 'barrier', checkpointId, timestamp, location, options } as const;
    for (const output of outputs) output.send(barrier);
    this.#subscriber.next({ type: 'barrierPassed', checkpointId });
    this.#snapshots.start(barrier, captured, times);
  }

  #aborted(command: NotifyAbortedCommand): void {
    this.#snapshots.abort(command.checkpointId);
  }

  #completed(checkpointId: CheckpointId): void {
    this.#context.endpoint.confirmCompleted(checkpointId);
    this.#subscriber.next({ type: 'confirmed', checkpointId });
  }
}

/**
 * One attempt of a source as a cold stream: subscribing runs it, unsubscribing cancels it, an error is its failure. It
 * never completes: at the end of its data it stays alive and answers barriers.
 */
export const sourceTask = <Batch extends SourceBatch>(
  context: TaskContext,
  options: SourceTaskOptions<Batch>,
): Observable<TaskEvent> =>
  new Observable((subscriber) => {
    const run = new SourceRun(context, options, subscriber);
    run.run().catch((error: unknown) => subscriber.error(error));
    return () => run.stop();
  });
