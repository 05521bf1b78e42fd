/** The five charts, and what tests and pages ask of any chart: its states, its names, where a signal leads. */
import { createActor, type AnyStateMachine, type AnyStateNode } from 'xstate';
import {
  checkpointMachine,
  coordinatorMachine,
  jobMachine,
  schedulerMachine,
  taskMachine,
} from '../../machines/index.ts';

export interface Chart {
  readonly name: string;
  readonly machine: AnyStateMachine;
}

export const charts: readonly Chart[] = [
  { name: 'checkpoint', machine: checkpointMachine },
  { name: 'coordinator', machine: coordinatorMachine },
  { name: 'job', machine: jobMachine },
  { name: 'scheduler', machine: schedulerMachine },
  { name: 'task', machine: taskMachine },
];

/** All states of a chart, parents before their children, the chart itself left out. */
export const statesOf = (node: AnyStateNode): AnyStateNode[] =>
  Object.values(node.states).flatMap((state) => [state, ...statesOf(state)]);

/** `pending.collecting`, as phases are named. */
export const phaseName = (node: AnyStateNode): string => node.path.join('.');

/** States an actor can stand at: those without children. */
export const phasesOf = (machine: AnyStateMachine): AnyStateNode[] =>
  statesOf(machine.root).filter((node) => Object.keys(node.states).length === 0);

/** Signals the chart names anywhere, sorted; XState's own events are left out. */
export const signalsOf = (machine: AnyStateMachine): string[] => {
  const named = [machine.root, ...statesOf(machine.root)].flatMap((node) => [...node.transitions.keys()]);
  return [...new Set(named)].filter((signal) => !signal.startsWith('xstate.')).toSorted();
};

/** The names of the children that run with a state. */
export const childrenOf = (node: AnyStateNode): string[] =>
  node.invoke.map(({ src }) => (typeof src === 'string' ? src : 'not by name'));

/** Implementations a chart uses, by kind. */
export const namesUsed = (
  machine: AnyStateMachine,
): { readonly actors: string[]; readonly actions: string[] } => {
  const nodes = [machine.root, ...statesOf(machine.root)];
  const actors = nodes.flatMap(childrenOf);
  const transitions = nodes.flatMap((node) => [...node.transitions.values()].flat());
  const actions = [
    ...nodes.flatMap((node) => [...node.entry, ...node.exit]),
    ...transitions.flatMap((transition) => transition.actions),
  ].map((action) => (typeof action === 'object' && 'type' in action ? action.type : String(action)));
  return { actors: [...new Set(actors)].toSorted(), actions: [...new Set(actions)].toSorted() };
};

/** True when the chart, standing at the phase, does something on the signal. */
export const accepts = (machine: AnyStateMachine, phase: AnyStateNode, signal: string): boolean => {
  const value = phase.path.reduceRight<object | string>(
    (inner, key) => (inner === '' ? key : { [key]: inner }),
    '',
  );
  const snapshot = machine.resolveState({ value: value as never, context: machine.config.context as never });
  return createActor(machine, { snapshot }).getSnapshot().can({ type: signal });
};
