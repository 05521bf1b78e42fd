/** The gauges, by name and by value. */
import { describe, expect, it } from 'vitest';
import { checkpointGauges, type CheckpointGauges } from '../../src/stats/gauges.ts';
import { noStatistics } from '../../src/stats/statistics.ts';
import { CoreRun, id, runningJob } from '../support/core-run.ts';
import { aborted, completed, folded, measuredCheckpoint, triggered } from '../support/statistics-facts.ts';

const none: CheckpointGauges = {
  totalNumberOfCheckpoints: 0,
  numberOfInProgressCheckpoints: 0,
  numberOfCompletedCheckpoints: 0,
  numberOfFailedCheckpoints: 0,
  lastCheckpointRestoreTimestamp: -1,
  lastCheckpointSize: -1,
  lastCheckpointFullSize: -1,
  lastCheckpointMetadataSize: -1,
  lastCheckpointDuration: -1,
  lastCheckpointProcessedData: -1,
  lastCheckpointPersistedData: -1,
  lastCheckpointExternalPath: 'n/a',
  lastCompletedCheckpointId: -1,
  lastCheckpointCompletedTimestamp: -1,
};

const gaugesOf = (run: CoreRun): CheckpointGauges => checkpointGauges(folded(run.facts).statistics);

describe('gauges', () => {
  it('are fourteen, -1 and n/a before anything has happened (C-230, T-231)', () => {
    const gauges = checkpointGauges(noStatistics);
    expect(Object.keys(gauges)).toHaveLength(14);
    expect(gauges).toEqual(none);
  });

  it('follow what completed last, to its last acknowledgement (C-230, T-230)', () => {
    const run = runningJob();
    measuredCheckpoint(run);
    const inFlight = gaugesOf(run);
    expect(inFlight).toEqual({
      ...none,
      totalNumberOfCheckpoints: 1,
      numberOfInProgressCheckpoints: 1,
      lastCheckpointRestoreTimestamp: 1_000,
    });
    run.pass(900);
    run.recordMetadata(id(1));
    run.tell({ type: 'expire', checkpointId: run.trigger() });
    expect(gaugesOf(run)).toEqual({
      totalNumberOfCheckpoints: 2,
      numberOfInProgressCheckpoints: 0,
      numberOfCompletedCheckpoints: 1,
      numberOfFailedCheckpoints: 1,
      lastCheckpointRestoreTimestamp: 1_000,
      lastCheckpointSize: 600,
      lastCheckpointFullSize: 600,
      lastCheckpointMetadataSize: 500,
      lastCheckpointDuration: 50,
      lastCheckpointProcessedData: 6_000,
      lastCheckpointPersistedData: 100_000,
      lastCheckpointExternalPath: 'memory:/job/chk-1',
      lastCompletedCheckpointId: 1,
      lastCheckpointCompletedTimestamp: 1_050,
    });
  });

  it('speak of savepoints too, and of the one reported last whatever its id (C-230, T-230)', () => {
    const begun = [triggered(1, 'savepoint'), triggered(2), triggered(3)];
    const facts = [...begun, completed(2), completed(1, 'savepoint'), aborted(3)];
    expect(checkpointGauges(folded(facts).statistics)).toMatchObject({
      lastCompletedCheckpointId: 1,
      lastCheckpointFullSize: 10,
      numberOfFailedCheckpoints: 1,
    });
  });

  it('tell the start of the last deployment, although nothing was restored (C-230)', () => {
    const run = new CoreRun();
    expect(gaugesOf(run).lastCheckpointRestoreTimestamp).toBe(-1);
    run.at = 4_000;
    run.deploy();
    expect(gaugesOf(run).lastCheckpointRestoreTimestamp).toBe(4_000);
  });
});
