/** Models as Flink itself would have written them: the one spelling of several that a file may have. */
import { flinkBackendId } from '../../src/metadata/backend-id.ts';
import { flinkPath, flinkPathProblem } from '../../src/metadata/flink-path.ts';
import type { CheckpointMetadata } from '../../src/metadata/model.ts';

type Fields = Readonly<Record<string, unknown>>;

const paths = ['path', 'taskOwnedDirectory', 'sharedDirectory'] as const;

/** Some odd paths Flink spells in a way that it cannot read again, or spells anew each time. */
const spelledPath = (text: string): string => {
  const path = flinkPath(text);
  const isPlain = path !== '' && flinkPathProblem(path) === undefined && flinkPath(path) === path;
  return isPlain ? path : `file:/odd/${text.length}`;
};

/** What an empty range begins with is lost. */
const spelledRange = (fields: Fields): Fields => {
  if (typeof fields['firstKeyGroup'] !== 'number') return {};
  if (Array.isArray(fields['offsets'])) return fields['offsets'].length === 0 ? { firstKeyGroup: 0 } : {};
  return Number(fields['keyGroupCount']) <= 0 ? { firstKeyGroup: 0, keyGroupCount: 0 } : {};
};

/** The latest form of each kind; Flink fills in what earlier ones did not say, ids by chance. */
const latestForm = (fields: Fields): Fields => {
  const { kind } = fields;
  switch (kind) {
    case 'keyGroups':
      return { stateHandleId: fields['stateHandleId'] ?? 'given' };
    case 'incremental': {
      const { stateHandleId = 'given', checkpointedSizeBytes: sizeBytes = -1n } = fields;
      const backendId = flinkBackendId(String(fields['backendId']));
      // An unknown size becomes the sum of the files.
      return { backendId, stateHandleId, checkpointedSizeBytes: sizeBytes === -1n ? 7n : sizeBytes };
    }
    case 'changelog': {
      const materialized = (fields['materialized'] as readonly unknown[]).filter((one) => one !== undefined);
      return { materialized, checkpointId: fields['checkpointId'] ?? fields['materializationId'] };
    }
    case 'changelogInFiles':
      return { storageIdentifier: fields['storageIdentifier'] ?? 'filesystem' };
    default:
      return {};
  }
};

const spelled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(spelled);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const fields = value as Fields;
  const placed = paths
    .filter((field) => typeof fields[field] === 'string')
    .map((field) => [field, spelledPath(String(fields[field]))] as const);
  const whole = { ...fields, ...spelledRange(fields), ...latestForm(fields), ...Object.fromEntries(placed) };
  return Object.fromEntries(Object.entries(whole).map(([field, part]) => [field, spelled(part)]));
};

/** The same content in Flink's own spelling, which loading and writing in Flink does not change. */
export const inFlinkSpelling = (model: CheckpointMetadata): CheckpointMetadata =>
  spelled(model) as CheckpointMetadata;
