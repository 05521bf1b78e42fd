/** What stands around the operators of a metadata file. */
import type { CheckpointProperties } from '../../../metadata/properties.ts';
import { flinkRefusal } from '../../../metadata/view.ts';
import { bytesText, counted } from '../../terminal/quantities.ts';
import { pairLines } from '../../terminal/table.ts';
import type { MetadataFile } from './metadata-file.ts';

const kindText = (properties: CheckpointProperties | undefined): string => {
  if (properties === undefined) return 'unknown: the file has no properties';
  const { snapshot } = properties;
  return snapshot.kind === 'checkpoint'
    ? snapshot.name
    : `${snapshot.name}, format ${snapshot.formatType ?? 'unknown'}`;
};

const discardText = (properties: CheckpointProperties): string => {
  const when = [
    ['subsumed', properties.discardSubsumed],
    ['finished', properties.discardFinished],
    ['cancelled', properties.discardCancelled],
    ['failed', properties.discardFailed],
    ['suspended', properties.discardSuspended],
  ] as const;
  const names = when.filter(([, isDiscarded]) => isDiscarded).map(([name]) => name);
  return names.length === 0 ? 'never' : `when ${names.join(', ')}`;
};

/** What stands around the operators: whose file it is, what kind of snapshot, when Flink deletes it. */
export const headLines = ({ model: metadata, directory, sizeBytes }: MetadataFile): readonly string[] => {
  const { properties, trailingBytes, masterStates, operators } = metadata;
  const refusal = flinkRefusal(metadata);
  return pairLines([
    ['checkpoint', String(metadata.checkpointId)],
    ['pointer', directory],
    ['file', `${bytesText(sizeBytes)}, format version ${metadata.formatVersion ?? 6}`],
    ['kind', kindText(properties)],
    ...(refusal === undefined ? [] : [['Flink', `refuses it: ${refusal}`] as const]),
    ...(properties === undefined ? [] : [['discarded', discardText(properties)] as const]),
    ['holds', `${counted(operators.length, 'operator')}, ${counted(masterStates.length, 'master state')}`],
    ...(trailingBytes === undefined
      ? []
      : [['ignored', `${trailingBytes.length} bytes behind the end`] as const]),
  ]);
};
