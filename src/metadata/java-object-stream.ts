/**
 * The small part of Java's object serialization that checkpoint properties use (metadata format, section 11): objects
 * with boolean and object fields, strings, enum constants, null and back references. Everything else is refused: a
 * generic deserializer would be an invitation.
 */
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

const STREAM_HEADER = 0xaced0005;
const FIRST_HANDLE = 0x7e0000;
const element = {
  none: 0x70,
  reference: 0x71,
  descriptor: 0x72,
  object: 0x73,
  string: 0x74,
  end: 0x78,
  enum: 0x7e,
};
const PLAIN_FLAGS = 0x02;
const ENUM_FLAGS = 0x12;
/** Objects and super classes nest this deep at most; properties need two levels. It bounds the recursion. */
const DEPTH_MAX = 16;

/** A class as the stream describes it. */
export interface JavaClass {
  readonly kind: 'class';
  readonly name: string;
  readonly uid: bigint;
  readonly isEnum: boolean;
  readonly fields: readonly JavaField[];
  readonly superClass: JavaClass | undefined;
}

export interface JavaField {
  readonly name: string;
  /** The field's type as Java spells it (`Ljava/lang/String;`), or undefined for a boolean. */
  readonly objectType?: string | undefined;
}

export interface JavaObject {
  readonly kind: 'object';
  readonly class: JavaClass;
  readonly fields: ReadonlyMap<string, JavaValue>;
  /** Offset in the file, for errors about its content. */
  readonly offset: number;
}

export interface JavaEnum {
  readonly kind: 'enum';
  readonly class: JavaClass;
  readonly constant: string;
}

export type JavaValue = null | boolean | string | JavaObject | JavaEnum;

type Handle = JavaClass | string | JavaObject | JavaEnum;

/** Reads one value from a stream, header included. Handles are given out in order of appearance. */
class JavaStreamReader {
  readonly #reader: ByteReader;
  /** Undefined while the thing itself is still being read. */
  readonly #handles: (Handle | undefined)[] = [];
  #depth = 0;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  #refuse(offset: number, expected: string, found: string): never {
    throw this.#reader.corrupt(offset, expected, found);
  }

  /** Runs one level deeper. */
  #nested<T>(read: () => T): T {
    if (this.#depth >= DEPTH_MAX) {
      this.#refuse(this.#reader.position, `at most ${DEPTH_MAX} levels of Java objects`, 'one more');
    }
    this.#depth += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #reserve(): number {
    return this.#handles.push(undefined) - 1;
  }

  #reference(): Handle {
    const offset = this.#reader.position;
    const handle = this.#reader.i32('handle of a Java object');
    const value = this.#handles[handle - FIRST_HANDLE];
    return value ?? this.#refuse(offset, 'the handle of something read before', `${handle}`);
  }

  #string(): string {
    const index = this.#reserve();
    const text = this.#reader.utf('Java string');
    this.#handles[index] = text;
    return text;
  }

  /** A string where only a string can stand. */
  #requiredString(what: string): string {
    const offset = this.#reader.position;
    const tag = this.#reader.u8(what);
    if (tag === element.string) return this.#string();
    const value = tag === element.reference ? this.#reference() : undefined;
    return typeof value === 'string' ? value : this.#refuse(offset, what, `element ${tag}`);
  }

  #field(): JavaField {
    const offset = this.#reader.position;
    const type = String.fromCharCode(this.#reader.u8('type of a Java field'));
    const name = this.#reader.utf('name of a Java field');
    if (type === 'Z') return { name };
    if (type === 'L') return { name, objectType: this.#requiredString('type of a Java field') };
    return this.#refuse(offset, 'a boolean or object field', `type ${JSON.stringify(type)}`);
  }

  #descriptorBody(): JavaClass {
    const reader = this.#reader;
    const name = reader.utf('name of a Java class');
    const uid = reader.i64('version of a Java class');
    const index = this.#reserve();
    const offset = reader.position;
    const flags = reader.u8('flags of a Java class');
    if (flags !== PLAIN_FLAGS && flags !== ENUM_FLAGS) this.#refuse(offset, 'flags 2 or 18', `${flags}`);
    const fields: JavaField[] = [];
    for (let left = reader.u16('number of Java fields'); left > 0; left -= 1) fields.push(this.#field());
    const end = reader.position;
    if (reader.u8('end of a Java class') !== element.end)
      this.#refuse(end, 'the end of a Java class', 'another element');
    const superClass = this.#nested(() => this.#descriptor());
    const described: JavaClass = {
      kind: 'class',
      name,
      uid,
      isEnum: flags === ENUM_FLAGS,
      fields,
      superClass,
    };
    this.#handles[index] = described;
    return described;
  }

  #descriptor(): JavaClass | undefined {
    const offset = this.#reader.position;
    const tag = this.#reader.u8('Java class');
    if (tag === element.none) return undefined;
    if (tag === element.descriptor) return this.#descriptorBody();
    const value = tag === element.reference ? this.#reference() : undefined;
    if (typeof value === 'object' && value.kind === 'class') return value;
    return this.#refuse(offset, 'a Java class', `element ${tag}`);
  }

  #requiredDescriptor(): JavaClass {
    const offset = this.#reader.position;
    return this.#descriptor() ?? this.#refuse(offset, 'a Java class', 'null');
  }

  /** Values stand in descriptor order, those of super classes first. */
  #fieldValues(described: JavaClass | undefined, into: Map<string, JavaValue>): Map<string, JavaValue> {
    if (described === undefined) return into;
    this.#nested(() => this.#fieldValues(described.superClass, into));
    for (const field of described.fields) {
      const isBoolean = field.objectType === undefined;
      into.set(
        field.name,
        isBoolean ? this.#reader.u8(`field ${field.name}`) !== 0 : this.#nested(() => this.value()),
      );
    }
    return into;
  }

  #object(offset: number): JavaObject {
    const described = this.#requiredDescriptor();
    const index = this.#reserve();
    const fields = this.#fieldValues(described, new Map());
    const object: JavaObject = { kind: 'object', class: described, fields, offset };
    this.#handles[index] = object;
    return object;
  }

  #enum(): JavaEnum {
    const described = this.#requiredDescriptor();
    const index = this.#reserve();
    const constant: JavaEnum = {
      kind: 'enum',
      class: described,
      constant: this.#requiredString('name of a constant'),
    };
    this.#handles[index] = constant;
    return constant;
  }

  value(): JavaValue {
    const offset = this.#reader.position;
    const tag = this.#reader.u8('Java object');
    if (tag === element.none) return null;
    if (tag === element.string) return this.#string();
    if (tag === element.object) return this.#object(offset);
    if (tag === element.enum) return this.#enum();
    const value = tag === element.reference ? this.#reference() : undefined;
    if (typeof value === 'string' || (value !== undefined && value.kind !== 'class')) return value;
    return this.#refuse(offset, 'a Java object, string, constant or null', `element ${tag}`);
  }
}

/**
 * Reads the stream header and one value.
 *
 * @throws METADATA_CORRUPT for every other element, a reference to what was not read yet, or deep nesting.
 */
export const readJavaStream = (reader: ByteReader): JavaValue => {
  const offset = reader.position;
  const header = reader.u32('header of a Java object stream');
  if (header !== STREAM_HEADER) {
    const found = header.toString(16).padStart(8, '0');
    const words = `invalid stream header: ${found.toUpperCase()}`;
    throw reader.corrupt(offset, 'Java object stream header aced0005', found, words);
  }
  return new JavaStreamReader(reader).value();
};

/** Writes one value, header included; each class is described once and referred to afterwards, as Java does. */
class JavaStreamWriter {
  readonly #writer: ByteWriter;
  readonly #classes = new Map<JavaClass, number>();
  #nextHandle = FIRST_HANDLE;

  constructor(writer: ByteWriter) {
    this.#writer = writer;
  }

  #string(text: string): void {
    this.#writer.u8(element.string);
    this.#writer.utf(text, 'Java string');
    this.#nextHandle += 1;
  }

  #field(field: JavaField): void {
    this.#writer.u8(field.objectType === undefined ? 0x5a : 0x4c);
    this.#writer.utf(field.name, 'name of a Java field');
    if (field.objectType !== undefined) this.#string(field.objectType);
  }

  #descriptor(described: JavaClass | undefined): void {
    const writer = this.#writer;
    if (described === undefined) return writer.u8(element.none);
    const handle = this.#classes.get(described);
    if (handle !== undefined) {
      writer.u8(element.reference);
      return writer.i32(handle);
    }
    this.#classes.set(described, this.#nextHandle++);
    writer.u8(element.descriptor);
    writer.utf(described.name, 'name of a Java class');
    writer.i64(described.uid, 'version of a Java class');
    writer.u8(described.isEnum ? ENUM_FLAGS : PLAIN_FLAGS);
    writer.u16(described.fields.length);
    for (const field of described.fields) this.#field(field);
    writer.u8(element.end);
    this.#descriptor(described.superClass);
  }

  #object(object: Omit<JavaObject, 'offset'>): void {
    this.#writer.u8(element.object);
    this.#descriptor(object.class);
    this.#nextHandle += 1;
    for (const field of object.class.fields) {
      const value = object.fields.get(field.name) ?? null;
      if (field.objectType === undefined) this.#writer.u8(value === true ? 1 : 0);
      else this.value(value);
    }
  }

  value(value: JavaValue): void {
    if (value === null) return this.#writer.u8(element.none);
    if (typeof value === 'string') return this.#string(value);
    if (typeof value === 'boolean') return this.#writer.u8(value ? 1 : 0);
    if (value.kind === 'object') return this.#object(value);
    this.#writer.u8(element.enum);
    this.#descriptor(value.class);
    this.#nextHandle += 1;
    this.#string(value.constant);
  }
}

/** Writes the stream header and one value, of classes whose super class has no fields. */
export const writeJavaStream = (writer: ByteWriter, value: JavaValue): void => {
  writer.i32(STREAM_HEADER);
  new JavaStreamWriter(writer).value(value);
};
