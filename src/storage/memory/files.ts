/** Files and directories in a map: the memory backend's disk. Paths are URIs, `memory:/<job>/chk-7/_metadata`. */
import { foreignPath, storageUnavailable } from '../failures.ts';
import { childPath, parentPath, parsePath } from '../pointer.ts';

export const memoryScheme = 'memory';
export const memoryRoot = 'memory:/';

/** The text form of a path of this backend. @throws POINTER_INVALID for a path of another one. */
export const memoryPath = (uri: string): string => {
  const parsed = parsePath(uri);
  if (parsed?.scheme !== memoryScheme || parsed.authority !== undefined) throw foreignPath(uri);
  return `${memoryScheme}:${parsed.path.length > 1 ? parsed.path.replace(/\/$/, '') : parsed.path}`;
};

/** A file system of byte arrays. Everything happens at once; refusals are those of a disk. */
export class MemoryFiles {
  readonly #files = new Map<string, Uint8Array>();
  readonly #directories = new Set<string>([memoryRoot]);

  /** Every stored file, sorted. */
  paths(): readonly string[] {
    return [...this.#files.keys()].toSorted();
  }

  isDirectory(path: string): boolean {
    return this.#directories.has(path);
  }

  /** The stored bytes themselves; undefined for no file. */
  find(path: string): Uint8Array | undefined {
    return this.#files.get(path);
  }

  /** @throws STORAGE_UNAVAILABLE when there is no such file. */
  read(path: string): Uint8Array {
    const bytes = this.#files.get(path);
    if (bytes === undefined) throw storageUnavailable('read', path, 'ENOENT');
    return bytes.slice();
  }

  /** Creates one directory whose parent exists; one that exists already is success. */
  makeDirectory(path: string): void {
    this.#requireParent('mkdir', path);
    if (this.#files.has(path)) throw storageUnavailable('mkdir', path, 'EEXIST');
    this.#directories.add(path);
  }

  /** Creates a directory and those above it. */
  makeDirectories(path: string): void {
    const parent = parentPath(path);
    if (parent !== undefined && !this.isDirectory(parent)) this.makeDirectories(parent);
    if (path !== memoryRoot) this.makeDirectory(path);
  }

  /** Creates a file unless the name is taken; false if it is. Never creates the directory. */
  create(path: string, bytes: Uint8Array): boolean {
    this.#requireParent('open', path);
    if (this.#files.has(path) || this.isDirectory(path)) return false;
    this.#files.set(path, bytes);
    return true;
  }

  /** Gives an existing file other bytes. @throws STORAGE_UNAVAILABLE when it has been removed. */
  replace(path: string, bytes: Uint8Array): void {
    if (!this.#files.has(path)) throw storageUnavailable('write', path, 'ENOENT');
    this.#files.set(path, bytes);
  }

  /** One that is gone is success. */
  remove(path: string): void {
    if (this.isDirectory(path)) throw storageUnavailable('unlink', path, 'EISDIR');
    this.#files.delete(path);
  }

  /** The names directly in a directory. */
  entries(directory: string): readonly string[] {
    const prefix = directory.endsWith('/') ? directory : `${directory}/`;
    const namesBelow = (path: string): string[] =>
      path.startsWith(prefix) ? [path.slice(prefix.length)] : [];
    const below = [...this.#files.keys(), ...this.#directories].flatMap(namesBelow);
    return below.filter((name) => name !== '' && !name.includes('/'));
  }

  /** Removes a directory with all in it. One that is gone is success. */
  removeTree(directory: string): void {
    const isInside = (path: string): boolean => path === directory || path.startsWith(`${directory}/`);
    for (const path of this.#files.keys()) if (isInside(path)) this.#files.delete(path);
    for (const path of this.#directories) if (isInside(path)) this.#directories.delete(path);
  }

  #requireParent(operation: string, path: string): void {
    const parent = parentPath(path);
    if (parent === undefined || !this.isDirectory(parent))
      throw storageUnavailable(operation, path, 'ENOENT');
  }
}

/** Whether two files hold the same bytes. */
export const isSameContent = (one: Uint8Array, other: Uint8Array): boolean =>
  Buffer.compare(one, other) === 0;

/** A pointer or target as a path of this backend: a plain path counts as one of it. Undefined for another backend's. */
export const qualifiedMemoryPath = (text: string): string | undefined => {
  const parsed = parsePath(text);
  if (parsed === undefined || parsed.authority !== undefined) return undefined;
  if (parsed.scheme === memoryScheme) return memoryPath(text);
  return parsed.scheme === undefined ? childPath(memoryRoot, parsed.path) : undefined;
};
