/**
 * The one caller of the charts' pure transition function. A phase is the chart's state value as text
 * (`pending.collecting`). Charts have no guards, so the next phase depends on (phase, fact type) alone: each pair is
 * asked once and remembered for all checkpoints.
 */
import { createActor, type AnyStateMachine, type Snapshot, type StateValue } from 'xstate';
import { checkpointMachine } from '../../machines/checkpoint.ts';
import { jobMachine } from '../../machines/job.ts';
import { schedulerMachine } from '../../machines/scheduler.ts';
import { taskMachine } from '../../machines/task.ts';
import { invariant } from '../errors.ts';

/** A chart's state value as text: `pending.collecting`, `running`. */
export type Phase = string;

/** A chart, asked for phases and for the persisted snapshot an actor of a phase is started from. */
export interface PhaseTable {
  readonly initial: Phase;
  /** @throws INVARIANT_BROKEN when the chart does not name the fact in this phase: `decide` let it through. */
  next(phase: Phase, factType: string): Phase;
  /** True when the chart names the fact in this phase. */
  accepts(phase: Phase, factType: string): boolean;
  isFinal(phase: Phase): boolean;
  /** The snapshot of an actor in this phase, with its children, as XState persists it. */
  persisted(phase: Phase): Snapshot<unknown>;
}

interface PhaseEntry {
  readonly snapshot: Snapshot<unknown>;
  readonly isFinal: boolean;
  readonly next: Map<string, Phase | undefined>;
}

const phaseName = (value: StateValue): Phase => {
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([parent, child]) => (child === undefined ? parent : `${parent}.${phaseName(child)}`))
    .join('+');
};

const startFrom = (machine: AnyStateMachine, snapshot?: Snapshot<unknown>) =>
  createActor(machine, snapshot === undefined ? {} : { snapshot }).start();

/** Builds the table of one chart; phases are discovered as facts lead to them. */
const phaseTable = (machine: AnyStateMachine): PhaseTable => {
  const entries = new Map<Phase, PhaseEntry>();

  const remember = (actor: ReturnType<typeof startFrom>): Phase => {
    const current = actor.getSnapshot();
    const phase = phaseName(current.value as StateValue);
    if (!entries.has(phase)) {
      const isFinal = current.status === 'done';
      entries.set(phase, { snapshot: actor.getPersistedSnapshot(), isFinal, next: new Map() });
    }
    actor.stop();
    return phase;
  };

  const ask = (entry: PhaseEntry, factType: string): Phase | undefined => {
    if (entry.isFinal) return undefined;
    const actor = startFrom(machine, entry.snapshot);
    if (!actor.getSnapshot().can({ type: factType })) return undefined;
    actor.send({ type: factType });
    return remember(actor);
  };

  const lookUp = (phase: Phase, factType: string): Phase | undefined => {
    const entry = entries.get(phase);
    invariant(entry, `chart ${machine.id} has no phase ${phase}`);
    if (!entry.next.has(factType)) entry.next.set(factType, ask(entry, factType));
    return entry.next.get(factType);
  };

  const initial = remember(startFrom(machine));
  return {
    initial,
    next: (phase, factType) => {
      const next = lookUp(phase, factType);
      invariant(next !== undefined, `chart ${machine.id} drops ${factType} in phase ${phase}`);
      return next;
    },
    accepts: (phase, factType) => lookUp(phase, factType) !== undefined,
    isFinal: (phase) => entries.get(phase)?.isFinal ?? false,
    persisted: (phase) => {
      const entry = entries.get(phase);
      invariant(entry, `chart ${machine.id} has no phase ${phase}`);
      return entry.snapshot;
    },
  };
};

export const checkpointPhases = phaseTable(checkpointMachine);
export const jobPhases = phaseTable(jobMachine);
export const schedulerPhases = phaseTable(schedulerMachine);
export const taskPhases = phaseTable(taskMachine);
