/** A chart as a Mermaid state diagram and two tables. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { charts, childrenOf, phaseName, statesOf, type Chart } from './charts.ts';

/** An arrow of the diagram: a signal on which the chart leaves a state for another. */
interface Arrow {
  readonly from: AnyStateNode;
  readonly to: AnyStateNode;
  readonly signal: string;
}

const isLeft = (node: AnyStateNode): boolean => node.type !== 'final';

/** A transition of the whole chart is drawn from every state that can still be left. */
const arrowsOf = (machine: AnyStateMachine): Arrow[] => {
  const { root } = machine;
  const sourcesOf = (node: AnyStateNode): AnyStateNode[] =>
    node === root ? Object.values(root.states).filter(isLeft) : [node];
  return [root, ...statesOf(root)].flatMap((node) =>
    [...node.transitions.values()]
      .flat()
      .flatMap(({ eventType, target }) =>
        sourcesOf(node).flatMap((from) => (target ?? []).map((to) => ({ from, to, signal: eventType }))),
      ),
  );
};

const diagramName = (node: AnyStateNode): string => node.path.join('_');

/** One state with everything inside it. */
const drawState = (node: AnyStateNode, indent: string): string[] => {
  const inner = Object.values(node.states).flatMap((child) => drawState(child, `${indent}  `));
  const label = `${indent}state "${node.key}" as ${diagramName(node)}`;
  if (inner.length === 0) return [label];
  const first = node.initial.target.map((target) => `${indent}  [*] --> ${diagramName(target)}`);
  return [`${label} {`, ...inner, ...first, `${indent}}`];
};

/** The chart as Mermaid's `stateDiagram-v2`. */
const mermaidOf = (machine: AnyStateMachine): string => {
  const { root } = machine;
  const states = Object.values(root.states).flatMap((node) => drawState(node, '  '));
  const starts = root.initial.target.map((target) => `  [*] --> ${diagramName(target)}`);
  const arrows = arrowsOf(machine).map(
    ({ from, to, signal }) => `  ${diagramName(from)} --> ${diagramName(to)}: ${signal}`,
  );
  const ends = Object.values(root.states)
    .filter((node) => !isLeft(node))
    .map((node) => `  ${diagramName(node)} --> [*]`);
  return ['stateDiagram-v2', ...states, ...starts, ...arrows, ...ends].join('\n');
};

const childText = (node: AnyStateNode): string =>
  childrenOf(node)
    .map((name) => `\`${name}\``)
    .join(', ');

const stateRow = (node: AnyStateNode): string =>
  `| \`${phaseName(node)}\` | ${childText(node)} | ${node.description ?? ''} |`;

/** Signals a chart hears without leaving its state. */
const staying = (machine: AnyStateMachine): string[] =>
  [...machine.root.transitions.values()]
    .flat()
    .filter(({ target }) => target === undefined)
    .map(({ eventType }) => `\`${eventType}\``);

const sectionOf = ({ name, machine }: Chart): string => {
  const { root } = machine;
  const stays = staying(machine);
  const whole = childText(root);
  return [
    `## ${name}`,
    root.description ?? '',
    `\`\`\`mermaid\n${mermaidOf(machine)}\n\`\`\``,
    ...(whole === '' ? [] : [`Runs with every state: ${whole}.`]),
    ...(stays.length === 0 ? [] : [`Heard in every state without leaving it: ${stays.join(', ')}.`]),
    ['| state | runs with it | |', '|---|---|---|', ...statesOf(root).map(stateRow)].join('\n'),
  ].join('\n\n');
};

const introduction = `# Statecharts

The phases of a checkpoint, its coordinator, the job, its schedule and its tasks. Each chart is one file of
\`machines/\` that opens by itself in the Stately visualizer; \`tidemark/machines\` exports them. What moves a
checkpoint, the job, its schedule or a task is a fact of the journal. Children named under "runs with it" last as long
as their state and answer through the coordinator's inbox, so that what they say is journaled before it moves anything.

A request that waits, or is refused, is no checkpoint yet and has no chart: \`request.queued\` and
\`request.rejected\` tell of it.

This page is generated from the charts; \`UPDATE_DOCS=1 npm run test:unit\` writes it anew,
a test keeps the two equal.`;

/** The text of \`docs/machines.md\`. */
export const chartPage = (): string => `${[introduction, ...charts.map(sectionOf)].join('\n\n')}\n`;
