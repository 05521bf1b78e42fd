/** Tests of Flink: restoring in the coordinator, and failures. */
import { coordinatorOne, coordinatorTwo, partlyCovered, uncovered, type Section } from '../entry.ts';

export const failureTests: readonly Section[] = [
  {
    title: '12.1 CheckpointCoordinatorRestoringTest',
    entries: [
      uncovered(
        'T-116',
        'Y',
        'testJobGraphModificationsAreCheckedForInitialCheckpoint',
        'finished tasks are checked at the first restore',
        coordinatorTwo,
      ),
      uncovered(
        'T-117',
        'Y',
        'testJobGraphModificationsAreCheckedForSavepoint',
        'and at one from a savepoint',
        coordinatorTwo,
      ),
      uncovered(
        'T-118',
        'Y',
        'testRestoreFinishedStateWithoutInFlightData',
        'marks of finished tasks stay when data in flight is left out',
        coordinatorTwo,
      ),
      uncovered(
        'T-119',
        'Y',
        'testRestoreLatestCheckpointFailureWhenMaxParallelismChanges',
        'a changed limit of parallelism is refused',
        coordinatorTwo,
      ),
      partlyCovered(
        'T-120',
        'Y',
        'testRestoreLatestCheckpointedState',
        'every subtask gets its state back',
        coordinatorTwo,
        'state that is assigned anew',
      ),
      uncovered(
        'T-121',
        'Y',
        'testRestoreLatestCheckpointedStateScaleIn',
        'to fewer subtasks',
        coordinatorTwo,
      ),
      uncovered(
        'T-122',
        'Y',
        'testRestoreLatestCheckpointedStateScaleOut',
        'to more subtasks',
        coordinatorTwo,
      ),
      uncovered(
        'T-123',
        'Y',
        'testRestoreLatestCheckpointedStateWithoutInFlightData',
        'channel state is left out for the given id',
        coordinatorTwo,
      ),
      uncovered(
        'T-124',
        'Y',
        'testStateRecoveryWhenTopologyChange',
        'operators move between chains',
        coordinatorTwo,
      ),
      uncovered(
        'T-125',
        'Y',
        'testStateRecoveryWhenTopologyChangeIn',
        'and to fewer subtasks',
        coordinatorTwo,
      ),
      uncovered(
        'T-126',
        'Y',
        'testStateRecoveryWhenTopologyChangeOut',
        'and to more subtasks',
        coordinatorTwo,
      ),
    ],
  },
  {
    title: '12.1 CheckpointFailureManagerTest',
    entries: [
      uncovered(
        'T-127',
        'Y',
        'testBreakContinuousFailure',
        'a success begins the count anew',
        coordinatorOne,
      ),
      uncovered(
        'T-128',
        'Y',
        'testContinuousFailure',
        'so many are tolerated, the next is not',
        coordinatorOne,
      ),
      uncovered(
        'T-129',
        'Y',
        'testIgnoreOneCheckpointRepeatedlyCountMultiTimes',
        'one checkpoint counts once',
        coordinatorOne,
      ),
      uncovered(
        'T-130',
        'Y',
        'testIgnoresPastCheckpoints',
        'ids before the last success count nothing',
        coordinatorOne,
      ),
      uncovered('T-131', 'Y', 'testTotalCountValue', 'exactly the reasons that count', coordinatorOne),
    ],
  },
];
