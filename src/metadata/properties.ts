/** Checkpoint properties: what kind of snapshot a file is and when it may be deleted (metadata format, section 11). */
import { isTidemarkError } from '../errors.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { readJavaStream, writeJavaStream } from './java-object-stream.ts';
import type { JavaClass, JavaObject, JavaValue } from './java-object-stream.ts';

const sharingFilesStrategies = ['FORWARD_BACKWARD', 'FORWARD', 'NO_SHARING'] as const;
const formatTypes = ['CANONICAL', 'NATIVE'] as const;
const postCheckpointActions = ['NONE', 'SUSPEND', 'TERMINATE'] as const;

/** What a snapshot may share with others. */
export type SharingFilesStrategy = (typeof sharingFilesStrategies)[number];
export type SavepointFormatType = (typeof formatTypes)[number];
/** What the job does once the savepoint stands. */
export type PostCheckpointAction = (typeof postCheckpointActions)[number];

/** A checkpoint; its name is `Checkpoint` or `Full Checkpoint`. */
export interface CheckpointSnapshotType {
  readonly kind: 'checkpoint';
  readonly name: string;
  readonly sharingFilesStrategy: SharingFilesStrategy;
}

/** A savepoint; its name is `Savepoint`, `Suspend Savepoint` or `Terminate Savepoint`. */
export interface SavepointSnapshotType {
  readonly kind: 'savepoint';
  readonly name: string;
  /** Absent in savepoints older than the choice. */
  readonly formatType: SavepointFormatType | undefined;
  readonly postCheckpointAction: PostCheckpointAction;
}

export type SnapshotType = CheckpointSnapshotType | SavepointSnapshotType;

/** The seven flags, in file order. `discard…`: whether the checkpoint goes when that happens. */
const flagNames = [
  'discardCancelled',
  'discardFailed',
  'discardFinished',
  'discardSubsumed',
  'discardSuspended',
  'forced',
  'unclaimed',
] as const;

type PropertyFlags = Readonly<Record<(typeof flagNames)[number], boolean>>;

export interface CheckpointProperties extends PropertyFlags {
  readonly snapshot: SnapshotType;
  /** The bytes of a file that are not those Flink would write; written instead as long as they say the same. */
  readonly storedBytes?: Uint8Array | undefined;
}

const noFlags: PropertyFlags = {
  discardCancelled: false,
  discardFailed: false,
  discardFinished: false,
  discardSubsumed: false,
  discardSuspended: false,
  forced: false,
  unclaimed: false,
};

/** The ordinary checkpoint. */
const checkpointSnapshot: CheckpointSnapshotType = {
  kind: 'checkpoint',
  name: 'Checkpoint',
  sharingFilesStrategy: 'FORWARD_BACKWARD',
};

/** A checkpoint that refers to no file of an older one. */
export const fullCheckpointSnapshot: CheckpointSnapshotType = {
  kind: 'checkpoint',
  name: 'Full Checkpoint',
  sharingFilesStrategy: 'FORWARD',
};

const retained = { ...noFlags, snapshot: checkpointSnapshot, discardFinished: true, discardSubsumed: true };

/** Flink's properties of a checkpoint under each policy for the end of the job. */
export const checkpointPropertiesByPolicy = {
  RETAIN_ON_CANCELLATION: retained,
  RETAIN_ON_FAILURE: { ...retained, discardCancelled: true, discardSuspended: true },
  NEVER_RETAIN_AFTER_TERMINATION: {
    ...retained,
    discardCancelled: true,
    discardFailed: true,
    discardSuspended: true,
  },
} as const satisfies Record<string, CheckpointProperties>;

const savepointNames: Record<PostCheckpointAction, string> = {
  NONE: 'Savepoint',
  SUSPEND: 'Suspend Savepoint',
  TERMINATE: 'Terminate Savepoint',
};

/** What can be chosen about a savepoint. */
export interface SavepointChoice {
  /** Taken in spite of limits such as the number of concurrent checkpoints. */
  readonly forced: boolean;
  /** CANONICAL unless said otherwise. */
  readonly formatType?: SavepointFormatType;
  /** NONE unless said otherwise. */
  readonly postCheckpointAction?: PostCheckpointAction;
}

/** Flink's properties of a savepoint: it belongs to the user and is never discarded. */
export const savepointProperties = (choice: SavepointChoice): CheckpointProperties => {
  const { forced, formatType = 'CANONICAL', postCheckpointAction = 'NONE' } = choice;
  const name = savepointNames[postCheckpointAction];
  return { ...noFlags, forced, snapshot: { kind: 'savepoint', name, formatType, postCheckpointAction } };
};

const PACKAGE = 'org.apache.flink.runtime.checkpoint.';
const typeOf = (className: string): string => `L${className.replaceAll('.', '/')};`;

const enumBase: JavaClass = {
  kind: 'class',
  name: 'java.lang.Enum',
  uid: 0n,
  isEnum: true,
  fields: [],
  superClass: undefined,
};
const enumClass = (name: string): JavaClass => ({ ...enumBase, name, superClass: enumBase });
const sharingClass = enumClass(`${PACKAGE}SnapshotType$SharingFilesStrategy`);
const formatClass = enumClass('org.apache.flink.core.execution.SavepointFormatType');
const actionClass = enumClass(`${PACKAGE}SavepointType$PostCheckpointAction`);

const plainClass = (name: string, uid: bigint, fields: JavaClass['fields']): JavaClass => ({
  kind: 'class',
  name: PACKAGE + name,
  uid,
  isEnum: false,
  fields,
  superClass: undefined,
});

const nameField = { name: 'name', objectType: typeOf('java.lang.String') };
const propertiesClass = plainClass('CheckpointProperties', 2n, [
  ...flagNames.map((name) => ({ name })),
  { name: 'checkpointType', objectType: typeOf(`${PACKAGE}SnapshotType`) },
]);
// Java computes these two version numbers from the classes; they have been the same since Flink 1.16.
const checkpointClass = plainClass('CheckpointType', BigInt.asIntN(64, 0xd6de4f0305ae1d3an), [
  nameField,
  { name: 'sharingFilesStrategy', objectType: typeOf(sharingClass.name) },
]);
const savepointClass = plainClass('SavepointType', BigInt.asIntN(64, 0xa087d308a45814b8n), [
  { name: 'formatType', objectType: typeOf(formatClass.name) },
  nameField,
  { name: 'postCheckpointAction', objectType: typeOf(actionClass.name) },
]);

const objectOf = (described: JavaClass, fields: Readonly<Record<string, JavaValue>>): JavaObject => ({
  kind: 'object',
  class: described,
  fields: new Map(Object.entries(fields)),
  offset: 0,
});

const constantOf = (described: JavaClass, constant: string | undefined): JavaValue =>
  constant === undefined ? null : { kind: 'enum', class: described, constant };

const snapshotObject = (snapshot: SnapshotType): JavaObject =>
  snapshot.kind === 'checkpoint'
    ? objectOf(checkpointClass, {
        name: snapshot.name,
        sharingFilesStrategy: constantOf(sharingClass, snapshot.sharingFilesStrategy),
      })
    : objectOf(savepointClass, {
        formatType: constantOf(formatClass, snapshot.formatType),
        name: snapshot.name,
        postCheckpointAction: constantOf(actionClass, snapshot.postCheckpointAction),
      });

/** Checks that a value is an object of one of the given classes, in the version this reader knows. */
const expectObject = (reader: ByteReader, value: JavaValue, known: readonly JavaClass[]): JavaObject => {
  const expected = `an object of ${known.map(({ name }) => name.slice(PACKAGE.length)).join(' or ')}`;
  if (value === null || typeof value !== 'object' || value.kind !== 'object') {
    throw reader.corrupt(reader.position, expected, value === null ? 'null' : 'another value');
  }
  const match = known.find(({ name }) => name === value.class.name);
  if (match === undefined) throw reader.corrupt(value.offset, expected, `one of ${value.class.name}`);
  if (match.uid === value.class.uid) return value;
  const found = BigInt.asUintN(64, value.class.uid).toString(16);
  const stored = `stream classdesc serialVersionUID = ${value.class.uid}`;
  const words = `${match.name}; local class incompatible: ${stored}, local class serialVersionUID = ${match.uid}`;
  throw reader.corrupt(
    value.offset,
    `${match.name} of version ${BigInt.asUintN(64, match.uid).toString(16)}`,
    found,
    words,
  );
};

/** The named constant of an enum field, or undefined where the field is missing or null. */
const constantIn = <T extends string>(
  reader: ByteReader,
  object: JavaObject,
  field: string,
  [described, constants]: readonly [JavaClass, readonly T[]],
): T | undefined => {
  const value = object.fields.get(field) ?? null;
  if (value === null) return undefined;
  const isEnum = typeof value === 'object' && value.kind === 'enum' && value.class.name === described.name;
  const constant = isEnum ? constants.find((name) => name === value.constant) : undefined;
  if (constant !== undefined) return constant;
  const found = isEnum ? JSON.stringify(value.constant) : 'another value';
  const words = isEnum
    ? `enum constant ${value.constant} does not exist in class ${described.name}`
    : undefined;
  throw reader.corrupt(object.offset, `${field} as one of ${constants.join(', ')}`, found, words);
};

const required = <T>(reader: ByteReader, object: JavaObject, field: string, value: T | undefined): T => {
  if (value !== undefined) return value;
  throw reader.corrupt(object.offset, `field ${field} in ${object.class.name}`, 'none');
};

const readSnapshot = (reader: ByteReader, value: JavaValue): SnapshotType => {
  const object = expectObject(reader, value, [checkpointClass, savepointClass]);
  const text = object.fields.get('name');
  const name = required(reader, object, 'name', typeof text === 'string' ? text : undefined);
  if (object.class.name === checkpointClass.name) {
    const strategy = constantIn(reader, object, 'sharingFilesStrategy', [
      sharingClass,
      sharingFilesStrategies,
    ]);
    const sharingFilesStrategy = required(reader, object, 'sharingFilesStrategy', strategy);
    return { kind: 'checkpoint', name, sharingFilesStrategy };
  }
  const formatType = constantIn(reader, object, 'formatType', [formatClass, formatTypes]);
  const action = constantIn(reader, object, 'postCheckpointAction', [actionClass, postCheckpointActions]);
  const postCheckpointAction = required(reader, object, 'postCheckpointAction', action);
  return { kind: 'savepoint', name, formatType, postCheckpointAction };
};

const readBody = (reader: ByteReader): CheckpointProperties | undefined => {
  const value = readJavaStream(reader);
  if (value === null) return undefined;
  const object = expectObject(reader, value, [propertiesClass]);
  const flags = Object.fromEntries(flagNames.map((name) => [name, object.fields.get(name) === true]));
  const snapshot = readSnapshot(reader, object.fields.get('checkpointType') ?? null);
  return { ...(flags as PropertyFlags), snapshot };
};

const sameSnapshot = (left: SnapshotType, right: SnapshotType): boolean => {
  if (left.name !== right.name) return false;
  if (left.kind === 'checkpoint') {
    return right.kind === 'checkpoint' && left.sharingFilesStrategy === right.sharingFilesStrategy;
  }
  const isSameFormat = right.kind === 'savepoint' && left.formatType === right.formatType;
  return isSameFormat && left.postCheckpointAction === right.postCheckpointAction;
};

/** Whether bytes say these properties; bytes that say nothing do not. */
const saySame = (bytes: Uint8Array, properties: CheckpointProperties): boolean => {
  try {
    const reader = new ByteReader(bytes);
    const said = readBody(reader);
    if (said === undefined || reader.remaining > 0) return false;
    const isFlagged = flagNames.every((name) => said[name] === properties[name]);
    return isFlagged && sameSnapshot(said.snapshot, properties.snapshot);
  } catch (error) {
    if (isTidemarkError(error)) return false;
    throw error;
  }
};

/** Writes the properties as Flink's Java serialization does, byte for byte; none as null. */
export const writeProperties = (writer: ByteWriter, properties: CheckpointProperties | undefined): void => {
  if (properties === undefined) return writeJavaStream(writer, null);
  const { snapshot, storedBytes, ...flags } = properties;
  if (storedBytes !== undefined && saySame(storedBytes, properties)) return writer.raw(storedBytes);
  writeJavaStream(writer, objectOf(propertiesClass, { ...flags, checkpointType: snapshotObject(snapshot) }));
};

const equalBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index]);

/**
 * Reads properties. Fields are matched by name: missing flags are false, unknown fields are skipped.
 *
 * @throws METADATA_CORRUPT for anything but null or Flink's own class in the version it has had since 1.16.
 */
export const readProperties = (reader: ByteReader): CheckpointProperties | undefined =>
  reader.within('properties', () => {
    const start = reader.position;
    const properties = readBody(reader);
    if (properties === undefined) return undefined;
    const bytes = reader.bytes.subarray(start, reader.position);
    const usual = new ByteWriter();
    writeProperties(usual, properties);
    return equalBytes(usual.take(), bytes) ? properties : { ...properties, storedBytes: bytes.slice() };
  });
