/** Tests of Flink: statistics, activation, ids and shared state. */
import { coordinatorOne, coordinatorTwo, covered, uncovered, type Section } from '../entry.ts';

export const statisticsTests: readonly Section[] = [
  {
    title: '12.1 DefaultCheckpointStatsTrackerTest',
    entries: [
      covered(
        'T-225',
        'Y',
        'testCheckpointStatsListenerOnCompletedCheckpoint',
        'a listener hears of a completion once',
      ),
      covered(
        'T-226',
        'Y',
        'testCheckpointStatsListenerOnFailedCheckpoint',
        'a listener hears of both kinds of failure',
      ),
      covered('T-227', 'Y', 'testCheckpointTracking', 'counts, history and the latest over a mixed run'),
      covered('T-228', 'Y', 'testCreateSnapshot', 'statistics change only with what happened'),
      covered('T-229', 'Y', 'testInitializationSpanCreation', 'a span for the start of the job'),
      covered('T-230', 'Y', 'testMetricsAreUpdated', 'values of the gauges'),
      covered('T-231', 'Y', 'testMetricsRegistration', 'names of the gauges'),
      covered('T-232', 'Y', 'testSpanAndEventCreation', 'span and event of a checkpoint'),
      covered('T-233', 'Y', 'testSpanCreationBreakDownPerCheckpoint', 'largest and sum on the span'),
      covered('T-234', 'Y', 'testSpanCreationBreakDownPerCheckpointWithTasks', 'per task on the span'),
      covered('T-235', 'Y', 'testSpanCreationBreakDownPerSubTask', 'a child span per subtask'),
      covered('T-236', 'Y', 'testSpanCreationBreakDownPerTask', 'a child span per task'),
      covered('T-237', 'Y', 'testTrackerWithoutHistory', 'a history of none'),
    ],
  },
  {
    title: '12.1 CheckpointStatsHistoryTest',
    entries: [
      covered('T-238', 'Y', 'testCheckpointHistory', 'the history moves on'),
      covered('T-239', 'Y', 'testModifySnapshot', 'statistics cannot be changed by who reads them'),
      covered('T-240', 'Y', 'testSizeOneHistory', 'a history of one'),
      covered('T-241', 'Y', 'testZeroMaxSizeHistory', 'a history of none keeps the latest'),
    ],
  },
  {
    title: '12.1 CheckpointStatsCountsTest',
    entries: [
      covered(
        'T-242',
        'Y',
        'testCompleteOrFailWithoutInProgressCheckpoint',
        'ends without a beginning never count below zero',
      ),
      covered('T-243', 'Y', 'testCounts', 'every move of the counts'),
      covered('T-244', 'Y', 'testCreateSnapshot', 'statistics taken before do not move'),
    ],
  },
  {
    title: '12.1 ExecutionTrackingCheckpointCoordinatorDeActivatorTest',
    entries: [
      covered('T-245', 'Y', 'testBasicLifecycle', 'the scheduler starts once all run'),
      covered('T-246', 'Y', 'testJobFinish', 'tasks that finish do not stop it'),
      covered('T-247', 'Y', 'testJobRestart', 'stopped and started with the job'),
      covered('T-248', 'Y', 'testTaskFailure', 'a failure stops it'),
    ],
  },
  {
    title: '12.1 CheckpointIDCounterTestBase',
    entries: [
      covered('T-249', 'Y', 'testConcurrentGetAndIncrement', 'many threads never get one id twice'),
      covered('T-250', 'Y', 'testCounterIsNeverNegative', 'ids are above zero'),
      covered('T-251', 'Y', 'testSerialIncrementAndGet', 'ids follow one another'),
      uncovered('T-252', 'Y', 'testSetCount', 'setting the counter', coordinatorTwo),
    ],
  },
  {
    title: '12.1 SharedStateRegistryTest',
    entries: [
      uncovered(
        'T-253',
        'A',
        'testFireMergingOperatorStateRegister',
        'merged files are registered',
        coordinatorOne,
      ),
      covered('T-254', 'A', 'testRegisterChangelogStateBackendHandles', 'wrapped handles are registered'),
      covered('T-255', 'Y', 'testRegistryNormal', 'registered, met again, let go'),
      uncovered(
        'T-256',
        'Y',
        'testUnregisterInitialCheckpoint',
        'the first one keeps its state until it is unused',
        coordinatorTwo,
      ),
      covered(
        'T-257',
        'A',
        'testUnregisterInitialCheckpointUsedInChangelog',
        'the first one of a change log keeps its state',
      ),
      covered('T-258', 'Y', 'testUnregisterNonInitialCheckpoint', 'any other loses it at once'),
      uncovered(
        'T-259',
        'Y',
        'testUnregisterUnusedSavepointState',
        "a savepoint's state stays",
        coordinatorTwo,
      ),
      covered('T-260', 'Y', 'testUnregisterWithUnexistedKey', 'letting go of what was never there'),
    ],
  },
];
