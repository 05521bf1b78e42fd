/** Tests of Flink: the store and its entries. */
import {
  coordinatorOne,
  coordinatorTwo,
  covered,
  notOurs,
  partlyCovered,
  uncovered,
  type Section,
} from '../entry.ts';

export const storeTests: readonly Section[] = [
  {
    title: '12.1 CompletedCheckpointStoreTest',
    entries: [
      covered('T-132', 'Y', 'testAcquireLatestCompletedCheckpointId', 'the newest id, 0 before there is one'),
      covered('T-133', 'Y', 'testAddAndGetLatestCheckpoint', 'the newest is the one added last'),
      covered(
        'T-134',
        'Y',
        'testAddCheckpointMoreThanMaxRetained',
        'over the limit the oldest goes and is deleted',
      ),
      covered('T-135', 'Y', 'testDiscardAllCheckpoints', 'the end deletes all'),
      covered('T-136', 'Y', 'testEmptyState', 'a store with nothing in it'),
      covered('T-137', 'Y', 'testExceptionOnNoRetainedCheckpoints', 'keeping none is refused'),
      covered('T-138', 'Y', 'testGetAllCheckpoints', 'the store is in order'),
    ],
  },
  {
    title: '12.1 DefaultCompletedCheckpointStoreTest',
    entries: [
      uncovered(
        'T-139',
        'Y',
        'testAddCheckpointFailedShouldNotRemoveOldOnes',
        'a store that refuses keeps the old ones',
        coordinatorOne,
      ),
      partlyCovered(
        'T-140',
        'Y',
        'testAddCheckpointSuccessfullyShouldRemoveOldOnes',
        'the old one goes after the new one is safe',
        coordinatorOne,
        'removing its pointer',
      ),
      covered(
        'T-141',
        'Y',
        'testAtLeastOneCheckpointRetained',
        'beside a newer savepoint the newest checkpoint stays',
      ),
      uncovered(
        'T-142',
        'A',
        'testCorruptDataInStateHandleStoreShouldNotBeSkipped',
        'an entry that cannot be read',
        coordinatorTwo,
      ),
      covered('T-143', 'Y', 'testNotSubsumedIfNotNeeded', 'below the limit all stay'),
      covered('T-144', 'Y', 'testOlderSavepointSubsumed', 'an older savepoint goes first'),
      covered('T-145', 'Y', 'testRecoverSortedCheckpoints', 'what is recovered is in order'),
      uncovered(
        'T-146',
        'Y',
        'testShutdownFailsAnyFutureCallsToAddCheckpoint',
        'nothing is stored after the end',
        coordinatorOne,
      ),
      covered(
        'T-147',
        'Y',
        'testShutdownShouldDiscardStateHandleWhenJobIsGloballyTerminalState',
        'a final status leaves nothing to point to',
      ),
      covered(
        'T-148',
        'Y',
        'testShutdownShouldNotDiscardStateHandleWhenJobIsNotGloballyTerminalState',
        'suspended keeps all',
      ),
      covered(
        'T-149',
        'Y',
        'testSubsumeAfterStoppingWithSavepoint',
        'behind a savepoint that ended the job all older may go',
      ),
    ],
  },
  {
    title: '12.1 DefaultCompletedCheckpointStoreUtilsTest',
    entries: [
      covered(
        'T-150',
        'Y',
        'testGetMaximumNumberOfRetainedCheckpoints',
        'an invalid number to retain is taken for 1',
      ),
      covered(
        'T-151',
        'Y',
        'testRetrievedCheckpointsAreOrderedChronologically',
        'what is read back is in order of ids',
      ),
      uncovered(
        'T-152',
        'A',
        'testRetrievingCheckpointsFailsIfRetrievalOfAnyCheckpointFails',
        'one that cannot be read back',
        coordinatorTwo,
      ),
    ],
  },
  {
    title: '12.1 StandaloneCompletedCheckpointStoreTest',
    entries: [
      covered(
        'T-153',
        'Y',
        'testAddCheckpointWithFailedRemove',
        'a deletion that fails does not fail the completion',
      ),
      covered('T-154', 'Y', 'testShutdownDiscardsCheckpoints', 'a store in memory deletes at a final status'),
      covered('T-155', 'Y', 'testSuspendDiscardsCheckpoints', 'a store in memory deletes when suspended'),
    ],
  },
  {
    title: '12.1 CompletedCheckpointTest',
    entries: [
      covered('T-156', 'Y', 'testCleanUpOnShutdown', 'what the end deletes follows from its status'),
      partlyCovered(
        'T-157',
        'Y',
        'testCleanUpOnSubsume',
        'what a subsumed one deletes, in order',
        coordinatorOne,
        'state outside the directory',
      ),
      uncovered(
        'T-158',
        'A',
        'testCompareCheckpointsWithDifferentOrder',
        'lists of checkpoints in another order are another store',
        coordinatorOne,
      ),
      uncovered(
        'T-159',
        'A',
        'testCompareCheckpointsWithSameCheckpointId',
        'the same ids of another job are another store',
        coordinatorOne,
      ),
      uncovered(
        'T-160',
        'A',
        'testCompareCheckpointsWithSameJobID',
        'other ids of one job are another store',
        coordinatorOne,
      ),
      uncovered(
        'T-161',
        'A',
        'testCompareCheckpointsWithSameOrder',
        'equal lists are the same store',
        coordinatorOne,
      ),
      covered('T-162', 'Y', 'testCompletedCheckpointStatsCallbacks', 'what is deleted is marked so'),
      notOurs('T-163', 'testIsJavaSerializable', 'Java serialisation', 'no Java objects'),
      covered('T-164', 'Y', 'testRegisterStatesAtRegistry', 'shared state is registered once'),
    ],
  },
  {
    title: '12.1 CheckpointPropertiesTest',
    entries: [
      covered('T-165', 'Y', 'testCheckpointProperties', 'rows of the matrix for checkpoints'),
      covered('T-166', 'Y', 'testIsSavepoint', 'savepoints are told from checkpoints'),
      covered('T-167', 'Y', 'testSavepointProperties', 'rows of the matrix for savepoints'),
    ],
  },
  {
    title: '12.1 CheckpointOptionsTest',
    entries: [
      covered('T-168', 'Y', 'testCheckpointIsTimeoutable', 'which options have a time limit'),
      covered('T-169', 'Y', 'testCheckpointNeedsAlignment', 'which options need alignment'),
      covered('T-170', 'Y', 'testDefaultCheckpoint', 'options of a plain checkpoint'),
      covered('T-171', 'Y', 'testForceAlignmentIsReversable', 'forced alignment and back'),
      covered('T-172', 'Y', 'testSavepoint', 'options of a savepoint'),
      covered('T-173', 'Y', 'testSavepointNeedsAlignment', 'a savepoint is always aligned'),
    ],
  },
  {
    title: '12.1 CheckpointsCleanerTest',
    entries: [
      covered('T-174', 'Y', 'testNotCleanCheckpointInUse', 'a checkpoint in use waits'),
      uncovered('T-175', 'Y', 'testNotCleanHigherCheckpoint', 'a newer one waits', coordinatorOne),
    ],
  },
];
