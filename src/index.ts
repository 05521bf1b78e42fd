/** The public API: everything an embedder needs, by name. */
export { CheckpointCoordinator } from './runtime/coordinator.ts';
export type { CheckpointRequest, SavepointRequest } from './runtime/snapshot-requests.ts';
export { coordinatorFor, type CoordinatorPlan, type CoordinatorSettings } from './runtime/coordinator-for.ts';
export type { CheckpointVertices } from './core/checkpoint-vertices.ts';
export type {
  CoordinatorOptions,
  Ended,
  FinalizedCheckpoint,
  Problem,
  Recovery,
  RestoredState,
} from './runtime/options.ts';
export type { Inspect } from './runtime/actors.ts';
export type { JournalRetention } from './runtime/journal-keeper.ts';
export { systemClock, type Clock } from './runtime/clock.ts';
export { OperatorEventGate, type EventGateOptions } from './runtime/event-gate.ts';
export type {
  AnyMasterHook,
  MasterHook,
  MasterHookSource,
  VersionedSerializer,
} from './runtime/master-hooks.ts';
export type { OperatorCoordinator } from './runtime/operator-coordinator.ts';
export { seededRandom, systemRandom, type Random } from './runtime/random.ts';

export { TidemarkError, errorCodes, isTidemarkError, type ErrorCode, type ErrorDetail } from './errors.ts';

export type { EdgeDistribution, JobEdge, JobGraph, JobOperator, JobVertex } from './core/job-graph.ts';
export {
  configurationFrom,
  type CheckpointConfiguration,
  type CheckpointConfigurationOptions,
  type ConfigurationGiven,
  type ConfigurationMap,
  type ConfigurationReport,
} from './core/configuration.ts';
export { correctionText, type Correction, type CorrectionKind } from './core/configuration/corrections.ts';
export {
  FAILURES_UNLIMITED,
  type CheckpointingMode,
  type ClaimMode,
  type RuntimeMode,
  type SpanDetailLevel,
} from './core/configuration/record.ts';
export type { DurationText, SizeText } from './core/configuration/values.ts';
export type { JobStatus } from './core/commands.ts';
export {
  frameOutcomes,
  outcomeReasons,
  type FrameOutcome,
  type Outcome,
  type OutcomeType,
} from './core/outcomes.ts';
export {
  declineReasons,
  failureReasons,
  failureRules,
  type DeclineReason,
  type FailureReason,
} from './core/failures.ts';
export type * from './core/facts/fact.ts';
export type { ReportedMetrics } from './core/facts/reported-metrics.ts';
export { plainFact } from './core/facts/codec.ts';
export type { AcknowledgementTotals } from './core/ledger.ts';
export type { AcknowledgedColumns } from './core/columns.ts';
export type { AttemptRun } from './core/roster.ts';
export { sharingFilesStrategyOf, type SnapshotProperties } from './core/snapshot-properties.ts';
export {
  isTimeoutable,
  needsAlignment,
  needsChannelState,
  withChannelState,
  withoutChannelState,
  type AlignmentType,
  type SnapshotOptions,
} from './core/snapshot-options.ts';
export { retentionPolicies, type RetentionPolicy, type TerminalStatus } from './retention/policy.ts';
export type { CheckpointCounts } from './stats/counts.ts';
export {
  endToEndDurationMs,
  HISTORY_SIZE,
  type CheckpointHistory,
  type CheckpointRecord,
  type CheckpointStatus,
} from './stats/history.ts';
export type { CheckpointStatistics, RestoredRecord } from './stats/statistics.ts';
export { MetricSummary, type PlainSummary, type QuantileName } from './stats/metric-summary.ts';
export type { CompletedSummary, SummaryMetric } from './stats/summary.ts';
export type { CheckpointDetail, SubtaskRecord, TaskMetric, TaskRecord } from './stats/tasks.ts';
export { checkpointGauges, type CheckpointGauges } from './stats/gauges.ts';
export type { Span, SpanAttribute, TraceEvent } from './stats/spans.ts';
export type { InitializationOutcome, SubtaskInitialization } from './stats/initialization.ts';
export {
  checkpointingStatistics,
  checkpointView,
  type CheckpointingStatisticsView,
  type CheckpointView,
  type CountsView,
  type RestoredView,
  type TaskView,
} from './stats/rest-view.ts';
export { taskDetailView, type SubtaskView, type TaskDetailView } from './stats/task-view.ts';
export type { SummaryView } from './stats/summary-view.ts';
export {
  checkpointConfigurationView,
  type CheckpointConfigurationView,
  type LongLiteral,
  type ShownNames,
} from './stats/configuration-view.ts';
export type { CheckpointListener } from './runtime/statistics-desk.ts';

export {
  checkpointId,
  parseJobId,
  parseOperatorId,
  parseVertexId,
  slot,
  type CheckpointId,
  type JobId,
  type OperatorId,
  type Slot,
  type VertexId,
} from './state/ids.ts';
export type * from './state/handles.ts';
export type { StateSizes } from './state/sizes.ts';
export { keyGroupOf, keyGroupRange, type KeyGroupRange } from './state/key-groups.ts';

export type {
  AppendRequest,
  AppendResult,
  BlockContent,
  Journal,
  StoredBlock,
  StoredSnapshot,
  StreamHead,
  TrimPlan,
} from './journal/journal.ts';
export { openMemoryJournal, type MemoryJournal } from './journal/memory/journal.ts';
export { openSqliteJournal } from './journal/sqlite/journal.ts';

export type {
  CheckpointedStateScope,
  CheckpointMetadataOutputStream,
  CheckpointStateOutputStream,
  CheckpointStorage,
  CheckpointStorageLocation,
  CheckpointStreamFactory,
  CompletedCheckpointStorageLocation,
  LocationReference,
  SavepointTarget,
} from './storage/storage.ts';
export {
  chooseStorage,
  type ChosenStorage,
  type StorageChoice,
  type StorageFactory,
  type StorageSource,
} from './storage/choose.ts';
export { fileSystemStorage, type FileSystemStorageOptions } from './storage/filesystem/storage.ts';
export { memoryStorage, type MemoryStorage, type MemoryStorageOptions } from './storage/memory/storage.ts';

export type {
  AbortConfirmedMessage,
  AcknowledgementsMessage,
  AnnounceCommand,
  AttemptEndedMessage,
  CompletionConfirmedMessage,
  DeclinedMessage,
  MetricsMessage,
  EndOfDataMessage,
  LatestCompletion,
  LivingAttempt,
  NotifyAbortedCommand,
  NotifyCompletedCommand,
  TaskCommand,
  TaskGateway,
  TaskMessage,
  TriggerCommand,
} from './tasks/gateway.ts';
export { encodeFrame, noMetrics, type Acknowledgement, type AcknowledgementMetrics } from './tasks/frame.ts';
export {
  inProcessTaskGateway,
  type DeployRequest,
  type InProcessTaskGateway,
  type InProcessTaskGatewayOptions,
} from './tasks/in-process/gateway.ts';
export type { TaskAcknowledgement, TaskEndpoint } from './tasks/in-process/endpoint.ts';
export type { InProcessLink } from './tasks/in-process/link.ts';

export type { CheckpointMetadata, MasterState, OperatorState, SubtaskEntry } from './metadata/model.ts';
export type {
  CheckpointProperties,
  CheckpointSnapshotType,
  PostCheckpointAction,
  SavepointFormatType,
  SavepointSnapshotType,
  SharingFilesStrategy,
  SnapshotType,
} from './metadata/properties.ts';
export { decodeMetadata } from './metadata/decode.ts';
export {
  summarizeMetadata,
  type MetadataSummary,
  type OperatorSummary,
  type ReferredFile,
} from './metadata/summary.ts';
export { encodeMetadata, encodeMetadataChunks, type EncodeOptions } from './metadata/encode.ts';
export type { ChunkOptions } from './metadata/chunk-writer.ts';
export { traceMetadata, type MetadataField } from './metadata/trace.ts';
export type { FormatVersion } from './metadata/layout.ts';
export { flinkOperatorOrder } from './metadata/flink-order.ts';
export { flinkRefusal, metadataView } from './metadata/view.ts';
export type { Json, Sha256Hex } from './metadata/handle-view.ts';
export {
  isProblem,
  metadataFindings,
  type Finding,
  type KeyedSlot,
  type KeyGroupGap,
  type KeyGroupOverlap,
  type KeyGroupsBeyond,
  type OperatorWithoutState,
} from './metadata/findings.ts';
export {
  metadataDifference,
  type LocatedMetadata,
  type MetadataDifference,
  type OperatorDifference,
} from './metadata/difference.ts';
export { relocateMetadata, type RelocatedMetadata } from './metadata/relocation.ts';
export type { Relocation } from './metadata/path-relocation.ts';
export { writtenDirectories } from './metadata/written-directories.ts';
export { fileReferences, type FileReference, type FileScope } from './metadata/references.ts';
export { decodeSubtaskEntry, encodeSubtaskEntry } from './metadata/subtask-entry.ts';
