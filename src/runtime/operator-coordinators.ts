/** The operator coordinators of a job: asked for their state before the tasks are, and told how checkpoints end. */
import { messageOf } from '../errors.ts';
import type { AcknowledgeCoordinators } from '../core/commands.ts';
import type { Fact } from '../core/facts/fact.ts';
import { taskCount, type JobGraph } from '../core/job-graph.ts';
import { unfinished, type JobState } from '../core/job-state.ts';
import type { Roster } from '../core/roster.ts';
import type { SlicedMetadata } from '../metadata/slices.ts';
import type { CheckpointId, OperatorId } from '../state/ids.ts';
import type { LivingAttempt } from '../tasks/gateway.ts';
import type { OperatorEventGate } from './event-gate.ts';
import { checkedState, type OperatorCoordinator } from './operator-coordinator.ts';

export interface OperatorCoordinatorsOptions {
  readonly coordinators: readonly OperatorCoordinator[];
  readonly graph: JobGraph;
  /** A notice that a coordinator threw at. */
  readonly report: (message: string) => void;
}

type States = AcknowledgeCoordinators['states'];

/** All states, or why there are none. */
export interface CoordinatorSnapshots {
  readonly states?: States | undefined;
  readonly error?: unknown;
  /** A coordinator threw instead of answering. */
  readonly failsJob?: boolean | undefined;
}

/** Told apart: a call that throws, and a promise that is rejected (C-077). */
const ask = (
  coordinator: OperatorCoordinator,
  checkpointId: CheckpointId,
  onThrow: () => void,
): Promise<Uint8Array | undefined> => {
  try {
    return coordinator.checkpointCoordinator(checkpointId);
  } catch (error) {
    onThrow();
    throw error;
  }
};

export class OperatorCoordinators {
  readonly #options: OperatorCoordinatorsOptions;
  readonly #byOperator: ReadonlyMap<OperatorId, OperatorCoordinator>;
  readonly #gates: readonly {
    readonly vertex: number;
    readonly operatorId: OperatorId;
    readonly gate: OperatorEventGate;
  }[];

  constructor(options: OperatorCoordinatorsOptions) {
    this.#options = options;
    this.#byOperator = new Map(options.coordinators.map((each) => [each.operatorId, each]));
    this.#gates = options.coordinators.flatMap(({ operatorId, events }) => {
      const vertex = options.graph.vertices.findIndex(({ operators }) =>
        operators.some(({ id }) => id === operatorId),
      );
      return events === undefined ? [] : [{ vertex, operatorId, gate: events }];
    });
  }

  /** Asks side by side for the states of the given operators; the first failure is that of all. Never rejects. */
  async snapshot(checkpointId: CheckpointId, operatorIds: readonly string[]): Promise<CoordinatorSnapshots> {
    let failsJob = false;
    const onThrow = (): void => {
      failsJob = true;
    };
    try {
      const asked = operatorIds.map((id) => this.#snapshot(checkpointId, id as OperatorId, onThrow));
      return { states: await Promise.all(asked) };
    } catch (error) {
      return { error, failsJob };
    }
  }

  /** Opens the gates of subtasks that have answered, and of checkpoints that are over. */
  follow(facts: readonly Fact[], { table }: JobState): void {
    if (this.#gates.length === 0) return;
    for (const fact of facts) {
      if (fact.type === 'tasks.acknowledged' && fact.columns !== undefined) {
        const plan = table.checkpoints[fact.checkpointId]?.plan;
        // At its end the checkpoint opens all gates anyway.
        if (plan !== undefined) this.#openAnswered(fact.checkpointId, plan, fact.columns.slots);
      }
      const isOver = fact.type === 'checkpoint.fullyAcknowledged' || fact.type === 'checkpoint.aborted';
      if (isOver) for (const { gate } of this.#gates) gate.open(fact.checkpointId);
    }
  }

  /**
   * A coordinator takes over: what was held back before stays so, and every coordinator hears which checkpoint is the
   * newest.
   */
  takeOver(state: JobState): void {
    const holding = unfinished(state.table).filter(({ checkpointId }) => {
      const ledger = state.ledgers.get(checkpointId);
      return ledger !== undefined && ledger.coordinators.left.length === 0 && ledger.left > 0;
    });
    const ids = new Set(holding.map(({ checkpointId }) => checkpointId));
    for (const { vertex, operatorId, gate } of this.#gates) {
      gate.openOthers(ids);
      for (const { checkpointId, plan } of holding) {
        const ledger = state.ledgers.get(checkpointId);
        if (ledger?.coordinators.has(operatorId) !== true) continue;
        const unanswered = plan
          .entries()
          .filter((entry, position) => entry.vertex === vertex && !ledger.has(position));
        gate.resume(
          checkpointId,
          unanswered.map(({ subtask }) => subtask),
        );
      }
    }
    if (state.table.latestCommittedId > 0)
      this.notifyCompleted(state.table.latestCommittedId as CheckpointId);
  }

  notifyCompleted(checkpointId: CheckpointId): void {
    this.#notify(checkpointId, 'notifyCheckpointComplete');
  }

  notifyAborted(checkpointId: CheckpointId): void {
    this.#notify(checkpointId, 'notifyCheckpointAborted');
  }

  /**
   * Attempts start anew. When they are all tasks of the job, every coordinator goes back to the checkpoint as well;
   * otherwise only the ways to these subtasks are made free.
   */
  async restore(
    graph: JobGraph,
    attempts: readonly LivingAttempt[],
    checkpointId: CheckpointId | undefined,
    restored: SlicedMetadata | undefined,
  ): Promise<void> {
    if (attempts.length < taskCount(graph)) {
      for (const { vertexId, subtask } of attempts) {
        for (const { vertex, gate } of this.#gates) {
          if (graph.vertices[vertex]?.id === vertexId) gate.reset(subtask);
        }
      }
      return;
    }
    for (const coordinator of this.#options.coordinators) {
      coordinator.events?.reset();
      const operator = restored?.operators.find(({ operatorId }) => operatorId === coordinator.operatorId);
      await coordinator.resetToCheckpoint?.(checkpointId, operator?.coordinatorState?.data);
    }
  }

  async #snapshot(
    checkpointId: CheckpointId,
    operatorId: OperatorId,
    onThrow: () => void,
  ): Promise<States[number]> {
    const coordinator = this.#byOperator.get(operatorId);
    if (coordinator === undefined) throw new Error(`${this.#nameOf(operatorId)} has no coordinator any more`);
    try {
      const close = coordinator.events?.mark(checkpointId);
      const bytes = await ask(coordinator, checkpointId, onThrow);
      await close?.();
      return { operatorId, bytes: bytes === undefined ? undefined : checkedState(bytes) };
    } catch (error) {
      throw new Error(`the coordinator of ${this.#nameOf(operatorId)} failed`, { cause: error });
    }
  }

  #notify(checkpointId: CheckpointId, method: 'notifyCheckpointComplete' | 'notifyCheckpointAborted'): void {
    for (const coordinator of this.#options.coordinators) {
      try {
        coordinator[method]?.(checkpointId);
      } catch (error) {
        const name = this.#nameOf(coordinator.operatorId);
        this.#options.report(
          `the coordinator of ${name} threw at ${method} ${checkpointId}: ${messageOf(error)}`,
        );
      }
    }
  }

  #openAnswered(checkpointId: CheckpointId, plan: Roster, slots: Uint32Array): void {
    for (const slot of slots) {
      const position = plan.positionOf(slot);
      for (const { vertex, gate } of this.#gates) {
        if (plan.vertices[position] === vertex) gate.open(checkpointId, plan.subtasks[position]);
      }
    }
  }

  #nameOf(operatorId: OperatorId): string {
    const operators = this.#options.graph.vertices.flatMap((vertex) => vertex.operators);
    return operators.find(({ id }) => id === operatorId)?.name ?? operatorId;
  }
}
