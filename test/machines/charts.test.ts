import { describe, expect, it } from 'vitest';
import { getShortestPaths } from 'xstate/graph';
import { checkpointMachine } from '../../machines/checkpoint.ts';
import { checkpointPhases, jobPhases, taskPhases } from '../../src/core/phase.ts';
import { checkpointLogic, type CheckpointWork } from '../../src/runtime/checkpoint-work.ts';
import type { CheckpointId } from '../../src/state/ids.ts';
import { chartPage } from '../support/chart-page.ts';
import { accepts, charts, namesUsed, phaseName, phasesOf, signalsOf, statesOf } from '../support/charts.ts';
import { expectPage } from '../support/generated-page.ts';

/** Signals of the steps before the tasks are asked. */
const passed = {
  'coordinators.asked': 'locate is refused as a duplicate',
  'hooks.asked': 'answers of operator coordinators are refused as duplicates',
  'tasks.asked': 'answers of master hooks are refused as duplicates',
};

/**
 * Signals that a chart does not name in a phase, and why they never come there. Final phases are left out: the actor
 * has ended, and the core finds nothing of that id to decide about.
 */
const neverArrives: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>> = {
  checkpoint: {
    'pending.locating': {
      'tasks.asked': 'decided behind coordinators.asked or hooks.asked',
      'checkpoint.fullyAcknowledged':
        'decided with the acknowledgement only once it is located, else with locate',
      'metadata.written': 'no writer runs; recordMetadata is refused',
      'checkpoint.completed': 'decided together with metadata.written',
    },
    'pending.snapshottingCoordinators': {
      'checkpoint.located': 'locate is refused as a duplicate',
      'coordinators.asked': 'locate is refused as a duplicate',
      'checkpoint.fullyAcknowledged': 'decided behind tasks.asked at the earliest',
      'metadata.written': 'no writer runs; recordMetadata is refused',
      'checkpoint.completed': 'decided together with metadata.written',
    },
    'pending.snapshottingHooks': {
      'checkpoint.located': 'locate is refused as a duplicate',
      'coordinators.asked': 'locate is refused as a duplicate',
      'hooks.asked': 'answers of operator coordinators are refused as duplicates',
      'checkpoint.fullyAcknowledged': 'decided behind tasks.asked at the earliest',
      'metadata.written': 'no writer runs; recordMetadata is refused',
      'checkpoint.completed': 'decided together with metadata.written',
    },
    'pending.collecting': {
      ...passed,
      'checkpoint.located': 'locate is refused as a duplicate',
      'metadata.written': 'no writer runs; recordMetadata is refused',
      'checkpoint.completed': 'decided together with metadata.written',
    },
    'writingMetadata.writing': {
      ...passed,
      'checkpoint.located': 'locate is refused as a duplicate',
      'checkpoint.fullyAcknowledged': 'every further acknowledgement is a duplicate',
      'checkpoint.completed': 'decided together with metadata.written',
    },
    'writingMetadata.storing': {
      ...passed,
      'checkpoint.located': 'locate is refused as a duplicate',
      'checkpoint.fullyAcknowledged': 'every further acknowledgement is a duplicate',
      'metadata.written': 'recordMetadata is refused as a duplicate',
      'checkpoint.aborted': 'nothing is given up between the file and the append that completes it',
    },
  },
  coordinator: {
    recovering: {},
    coordinating: { 'coordinator.recovered': 'sent once, at the end of recovering' },
  },
  job: {
    created: {},
    running: { 'job.running': 'reportJobStatus RUNNING is answered with already' },
    restarting: {},
    suspended: {},
  },
  scheduler: {
    stopped: {},
    started: { 'scheduler.started': 'a schedule that is kept is stopped before it starts again' },
  },
  task: {
    'alive.running': { 'task.active': 'changeActivity is answered with already' },
    'alive.inactive': { 'task.inactive': 'changeActivity is answered with already' },
    'alive.dataEnded': {
      'task.dataEnded': 'endData is refused as a duplicate',
      'task.active': 'changeActivity is answered with already',
    },
  },
};

describe.each(charts)('chart of the $name', ({ name, machine }) => {
  it('describes itself and every state', () => {
    const silent = [machine.root, ...statesOf(machine.root)].filter((node) => !node.description);
    expect(silent.map((node) => node.id)).toEqual([]);
  });

  it('reaches every state', () => {
    const events = signalsOf(machine).map((type) => ({ type }));
    const paths = getShortestPaths(machine, {
      events,
      serializeState: (state) => JSON.stringify((state as { value: unknown }).value),
    });
    const reached = new Set(paths.map((path) => JSON.stringify((path.state as { value: unknown }).value)));
    expect(reached.size).toBe(phasesOf(machine).length);
  });

  it('uses every implementation it names in its setup, and no other', () => {
    const { actors, actions, guards, delays } = machine.implementations;
    expect({ actors: Object.keys(actors).toSorted(), actions: Object.keys(actions).toSorted() }).toEqual(
      namesUsed(machine),
    );
    expect([...Object.keys(guards), ...Object.keys(delays)]).toEqual([]);
  });

  it('drops no signal silently: what it does not name in a phase never comes there', () => {
    const open = phasesOf(machine).filter((node) => node.type !== 'final');
    const dropped = Object.fromEntries(
      open.map((node) => [
        phaseName(node),
        signalsOf(machine).filter((signal) => !accepts(machine, node, signal)),
      ]),
    );
    const explained = Object.entries(neverArrives[name] ?? {});
    expect(dropped).toEqual(
      Object.fromEntries(explained.map(([phase, why]) => [phase, Object.keys(why).toSorted()])),
    );
  });

  it('hears nothing in a final state (C-068, C-105)', () => {
    const final = phasesOf(machine).filter((node) => node.type === 'final');
    const heard = final.flatMap((node) => [...node.transitions.keys()]);
    // The schedule of a job has no end of its own.
    expect(final.length > 0).toBe(name !== 'scheduler');
    expect(heard).toEqual([]);
  });
});

describe('runtime', () => {
  it('provides every child of the checkpoint chart', () => {
    const provided = checkpointLogic({} as CheckpointWork, 1 as CheckpointId).implementations.actors;
    for (const [child, logic] of Object.entries(checkpointMachine.implementations.actors)) {
      expect(provided[child as keyof typeof provided], child).not.toBe(logic);
    }
  });
});

describe('phase table', () => {
  const tables = [
    { name: 'checkpoint', table: checkpointPhases },
    { name: 'job', table: jobPhases },
    { name: 'task', table: taskPhases },
  ];

  it.each(tables)('of the $name accepts in every phase exactly what the chart names', ({ name, table }) => {
    const chart = charts.find((candidate) => candidate.name === name);
    const phases = [table.initial];
    for (const phase of phases) {
      const node = phasesOf(chart!.machine).find((candidate) => phaseName(candidate) === phase);
      expect(node, phase).toBeDefined();
      for (const signal of signalsOf(chart!.machine)) {
        const isAccepted = node!.type !== 'final' && accepts(chart!.machine, node!, signal);
        expect(table.accepts(phase, signal), `${phase} on ${signal}`).toBe(isAccepted);
        const next = isAccepted ? table.next(phase, signal) : phase;
        if (!phases.includes(next)) phases.push(next);
      }
    }
    expect(phases.toSorted()).toEqual(phasesOf(chart!.machine).map(phaseName).toSorted());
  });

  it('calls a fact that the chart does not name in a phase a broken invariant', () => {
    expect(() => jobPhases.next('running', 'checkpoint.located')).toThrow(
      'chart job drops checkpoint.located in phase running',
    );
  });

  it('starts the children of a phase from its persisted snapshot', () => {
    const persisted = checkpointPhases.persisted(checkpointPhases.initial) as unknown as { children: object };
    expect(Object.keys(persisted.children).toSorted()).toEqual(['deadline', 'locationProvider']);
  });
});

describe('docs/machines.md', () => {
  it('shows the charts as they are', () => {
    expectPage('docs/machines.md', chartPage());
  });
});
