/** Takes one checkpoint on real disks between two marks; traced by the test beside it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts';
import { encodeSubtaskEntry } from '../../src/metadata/subtask-entry.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { CheckpointCoordinator } from '../../src/runtime/coordinator.ts';
import { parseJobId } from '../../src/state/ids.ts';
import { fileSystemStorage } from '../../src/storage/filesystem/storage.ts';
import { noMetrics } from '../../src/tasks/frame.ts';
import { inProcessTaskGateway } from '../../src/tasks/in-process/gateway.ts';
import { rowGraph } from '../support/scripted-gateway.ts';

const directory = process.argv[2] ?? '.';
const jobId = parseJobId('00000000000000000000000000000abc');
const graph = rowGraph(1, 4);
const gateway = inProcessTaskGateway({ clock: systemClock, jobId });
const journal = await openSqliteJournal(join(directory, 'journal.db'));
const storage = fileSystemStorage({ checkpoints: `file:${directory}/checkpoints` });
const coordinator = await CheckpointCoordinator.open({
  jobId,
  jobGraph: graph,
  tasks: gateway,
  journal,
  storage,
});
const tasks = [0, 1, 2, 3].map((subtask) => {
  const task = gateway.deploy({ vertexId: graph.vertices[0]!.id, subtask, attempt: 1 });
  task.commands$.subscribe((command) => {
    if (command.type !== 'trigger') return;
    const data = new TextEncoder().encode(`state of ${subtask}`);
    const stream = { kind: 'byteStream', name: `inline-${subtask}`, data } as const;
    const states = [{ name: 's', mode: 'SPLIT_DISTRIBUTE', offsets: [0n] }] as const;
    const slices = [
      encodeSubtaskEntry(subtask, { managedOperatorState: { kind: 'operatorStream', states, stream } }),
    ];
    const { checkpointId } = command;
    task.acknowledge({ checkpointId, metrics: noMetrics, claimedStateSizeBytes: data.length, slices });
  });
  return task;
});
await coordinator.restore(tasks.map((task) => task.living));
await coordinator.jobStatus('RUNNING');
await coordinator.triggerCheckpoint();
writeFileSync(join(directory, 'mark-begin'), 'x');
await coordinator.triggerCheckpoint();
writeFileSync(join(directory, 'mark-end'), 'x');
await coordinator.close();
await journal.close();
