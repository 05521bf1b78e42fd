/** Runs a task with inputs: reads what has arrived while its own channels have room, and aligns barriers. */
import { Observable, type Subscriber, type Subscription } from 'rxjs';
import { invariant } from '../../errors.ts';
import type { CheckpointId } from '../../state/ids.ts';
import type { TaskCommand } from '../../tasks/gateway.ts';
import { BarrierAlignment } from './alignment.ts';
import type { Channel } from './channel.ts';
import type { Barrier, StreamElement } from './elements.ts';
import { lostIds, Snapshots, type CapturedState } from './snapshots.ts';
import type { TaskContext, TaskEvent } from './task.ts';

/** Sends a batch over one of the task's output channels. Each call of the logic may send one batch per channel. */
export type Emit = (output: number, records: unknown) => void;

/** What kind of operator it is. */
export interface OperatorLogic {
  /** Takes one batch in; says how many records it held. */
  process(records: unknown): number;
  /** The barriers of all inputs are here: the last chance to send something before this task's own barrier. */
  beforeBarrier(): void;
  /** The state at the barrier. */
  capture(barrier: Barrier): CapturedState;
  /** All inputs have ended: the last chance to send something before the end of data. */
  endOfInput(): void;
  /** This checkpoint and all older ones that were acknowledged are complete. Rejecting fails the task. */
  completed(checkpointId: CheckpointId): Promise<void>;
}

export interface OperatorTaskOptions {
  /** Restores the state; runs anew for every attempt. */
  readonly createLogic: (context: TaskContext, emit: Emit) => Promise<OperatorLogic>;
}

class OperatorRun {
  readonly #context: TaskContext;
  readonly #subscriber: Subscriber<TaskEvent>;
  readonly #snapshots: Snapshots;
  readonly #alignment: BarrierAlignment;
  readonly #ended = new Set<number>();
  readonly #subscription: Subscription;
  #logic: OperatorLogic | undefined;
  /** Restoring, then one completion notice after the other: a commit must not overtake that of an older checkpoint. */
  #completions: Promise<void> = Promise.resolve();
  #firstInput = 0;
  #isWorking = false;

  constructor(context: TaskContext, subscriber: Subscriber<TaskEvent>) {
    this.#context = context;
    this.#subscriber = subscriber;
    this.#snapshots = new Snapshots(context);
    const { inputs, releaseAlignmentEarly } = context;
    this.#alignment = new BarrierAlignment({ inputs: inputs.length, releaseAlignmentEarly });
    this.#subscription = context.endpoint.commands$.subscribe((command) => this.#obey(command));
  }

  run(options: OperatorTaskOptions): void {
    this.#completions = this.#restore(options);
    this.#completions.catch((error: unknown) => this.#subscriber.error(error));
  }

  async #restore(options: OperatorTaskOptions): Promise<void> {
    const { inputs, outputs } = this.#context;
    const logic = await options.createLogic(this.#context, (output, records) => this.#emit(output, records));
    if (this.#subscriber.closed) return;
    this.#logic = logic;
    for (const input of inputs) input.onArrival = () => this.#work();
    for (const output of outputs) output.onRoom = () => this.#work();
    this.#subscriber.next({ type: 'running', doneBytes: 0 });
    this.#work();
  }

  stop(): void {
    this.#subscription.unsubscribe();
    this.#snapshots.abortAll();
  }

  /** Takes one element after the other while there is something to take and room for what comes of it. */
  #work(): void {
    const logic = this.#logic;
    if (this.#isWorking || logic === undefined) return;
    this.#isWorking = true;
    try {
      for (let input = this.#nextInput(); input !== undefined; input = this.#nextInput()) {
        this.#handle(logic, input, this.#channel(input).take());
      }
    } catch (error) {
      this.#subscriber.error(error);
    } finally {
      this.#isWorking = false;
    }
  }

  // In turn, so that a busy input does not starve the others.
  #nextInput(): number | undefined {
    const { inputs, outputs } = this.#context;
    if (this.#subscriber.closed || !outputs.every((output) => output.hasRoom)) return undefined;
    for (let step = 0; step < inputs.length; step++) {
      const input = (this.#firstInput + step) % inputs.length;
      if (this.#alignment.isBlocked(input) || this.#channel(input).peek() === undefined) continue;
      this.#firstInput = input + 1;
      return input;
    }
    return undefined;
  }

  #channel(input: number): Channel {
    const channel = this.#context.inputs[input];
    invariant(channel !== undefined, `there is an input ${input}`);
    return channel;
  }

  #handle(logic: OperatorLogic, input: number, element: StreamElement): void {
    switch (element.kind) {
      case 'records':
        this.#subscriber.next({ type: 'processed', records: logic.process(element.records), bytes: 0 });
        return;
      case 'barrier':
        return this.#handleBarrier(logic, input, element);
      case 'endOfData':
        return this.#handleEndOfData(logic, input);
    }
  }

  #handleBarrier(logic: OperatorLogic, input: number, barrier: Barrier): void {
    const { clock, endpoint } = this.#context;
    const { abandoned, aligned } = this.#alignment.arrive(input, barrier, clock.monotonic());
    if (abandoned !== undefined) {
      endpoint.decline(
        abandoned,
        'CHECKPOINT_DECLINED_SUBSUMED',
        `the barrier of checkpoint ${barrier.checkpointId} came first`,
      );
    }
    if (aligned !== undefined) this.#snapshot(logic, aligned);
  }

  // The barrier goes on once the state is captured: the tasks behind need not wait for the upload.
  #snapshot(logic: OperatorLogic, barrier: Barrier): void {
    const { clock, outputs } = this.#context;
    const alignedAt = clock.monotonic();
    const alignmentDurationMs = alignedAt - (this.#alignment.startedAt ?? alignedAt);
    const startDelayMs = clock.now() - barrier.timestamp - alignmentDurationMs;
    this.#alignment.pass();
    logic.beforeBarrier();
    const captured = logic.capture(barrier);
    for (const output of outputs) output.send(barrier);
    const { checkpointId } = barrier;
    this.#subscriber.next({ type: 'barrierPassed', checkpointId });
    const syncDurationMs = clock.monotonic() - alignedAt;
    this.#snapshots.start(barrier, captured, { alignmentDurationMs, syncDurationMs, startDelayMs });
  }

  get #isEndOfData(): boolean {
    return this.#ended.size === this.#context.inputs.length;
  }

  #handleEndOfData(logic: OperatorLogic, input: number): void {
    this.#ended.add(input);
    if (!this.#isEndOfData) return;
    logic.endOfInput();
    for (const output of this.#context.outputs) output.send({ kind: 'endOfData' });
    this.#subscriber.next({ type: 'endOfData' });
  }

  #emit(output: number, records: unknown): void {
    this.#context.outputs[output]?.send({ kind: 'records', records });
  }

  #obey(command: TaskCommand): void {
    switch (command.type) {
      case 'trigger':
        return;
      case 'notifyAborted':
        this.#abandon(command.checkpointId);
        return this.#work();
      case 'notifyCompleted':
        this.#keepOnly(command.olderInFlight, command.checkpointId);
        return this.#complete(command.checkpointId);
      case 'announce':
        return this.#keepOnly(command.inFlight, command.latestCompletedId);
    }
  }

  /** What is older than the latest and not in flight is at its end. */
  #keepOnly(inFlight: readonly CheckpointId[], latestCompletedId: CheckpointId | undefined): void {
    this.#snapshots.keepOnly(inFlight, latestCompletedId);
    const { current } = this.#alignment;
    if (current === undefined) return;
    for (const id of lostIds([current], inFlight, latestCompletedId)) this.#abandon(id);
    this.#work();
  }

  #abandon(checkpointId: CheckpointId): void {
    this.#alignment.cancel(checkpointId);
    this.#snapshots.abort(checkpointId);
  }

  #complete(checkpointId: CheckpointId): void {
    this.#completions = this.#completions.then(async () => {
      if (this.#subscriber.closed) return;
      await this.#logic?.completed(checkpointId);
      this.#context.endpoint.confirmCompleted(checkpointId);
      this.#subscriber.next({ type: 'confirmed', checkpointId });
    });
    this.#completions.catch((error: unknown) => this.#subscriber.error(error));
  }
}

/**
 * One attempt of a task with inputs as a cold stream: subscribing runs it, unsubscribing cancels it, an error is its
 * failure. It never completes: after the end of data it stays alive and answers barriers.
 */
export const operatorTask = (context: TaskContext, options: OperatorTaskOptions): Observable<TaskEvent> =>
  new Observable((subscriber) => {
    const run = new OperatorRun(context, subscriber);
    run.run(options);
    return () => run.stop();
  });
