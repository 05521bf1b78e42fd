/**
 * Path strings as Flink reads and prints them (metadata format, section 12): `file:///x` and `file:/x` are one path,
 * and it prints as `file:/x`. Nothing is unescaped: `%20`, `#` and `?` are letters like any other.
 */

/** A path string taken apart and normalised. */
export interface ParsedPath {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string;
}

const schemePattern = /^[A-Za-z][A-Za-z0-9+.-]*$/;
const drivePattern = /^[A-Za-z]:/;
const slashedDrivePattern = /^\/[A-Za-z]:/;
const driveRootPattern = /^\/[A-Za-z]+:\/$/;

/** Takes a path string apart; undefined for what Flink refuses as a path, and for a NUL, which no file name holds. */
export const parsePath = (text: string): ParsedPath | undefined => {
  if (text === '' || text.includes('\0')) return undefined;
  const slashed = drivePattern.test(text) && !text.startsWith('//') ? `/${text}` : text;
  const [scheme, afterScheme] = splitScheme(slashed);
  const [authority, rawPath] = splitAuthority(afterScheme);
  const path = normalizeSegments(rawPath);
  if (scheme === undefined)
    return { scheme, authority, path: authority === undefined ? shieldColon(path) : path };
  if (!schemePattern.test(scheme)) return undefined;
  // A URI with a scheme is hierarchical or nothing: Java refuses `file:` and `file:x`.
  if (!path.startsWith('/') && (path !== '' || authority === undefined)) return undefined;
  return { scheme, authority, path };
};

const splitScheme = (text: string): readonly [string | undefined, string] => {
  const colon = text.indexOf(':');
  // Only a slash ends the search, although a backslash becomes one later: so does Flink.
  const slash = text.indexOf('/');
  if (colon === -1 || (slash !== -1 && slash < colon)) return [undefined, text];
  return [text.slice(0, colon), text.slice(colon + 1)];
};

const splitAuthority = (text: string): readonly [string | undefined, string] => {
  if (!text.startsWith('//') || text.length === 2) return [undefined, text];
  const slash = text.indexOf('/', 2);
  const end = slash === -1 ? text.length : slash;
  return [end === 2 ? undefined : text.slice(2, end), text.slice(end)];
};

const normalizeSegments = (rawPath: string): string => {
  const path = rawPath.replaceAll('\\', '/').replaceAll(/\/+/g, '/');
  if (driveRootPattern.test(path)) return path;
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  const kept: string[] = [];
  let endsInDirectory = false;
  for (const segment of trimmed.split('/')) {
    const climbs = segment === '..' && kept.length > 0 && kept.at(-1) !== '..';
    endsInDirectory = segment === '.' || climbs;
    if (climbs) kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const root = trimmed.startsWith('/') ? '/' : '';
  // Java's resolution of a final `.` or `..` leaves the slash that stood before it.
  return root + kept.join('/') + (endsInDirectory && kept.length > 0 && kept.at(-1) !== '..' ? '/' : '');
};

/** Keeps a relative path such as `c:d` from being read as a scheme the next time. */
const shieldColon = (path: string): string =>
  !path.startsWith('/') && path.split('/', 1)[0]?.includes(':') === true ? `./${path}` : path;

/** The text form of a path: `scheme:`, `//authority` if there is one, and the path. */
export const formatPath = ({ scheme, authority, path }: ParsedPath): string => {
  const isBareDrive = scheme === undefined && authority === undefined && slashedDrivePattern.test(path);
  const shown = isBareDrive ? path.slice(1) : path;
  return (
    (scheme === undefined ? '' : `${scheme}:`) + (authority === undefined ? '' : `//${authority}`) + shown
  );
};

/** The text form Flink prints for a path string; undefined for what is no path. */
export const normalizePath = (text: string): string | undefined => {
  const parsed = parsePath(text);
  return parsed && formatPath(parsed);
};

/** All before the last slash; undefined for a root, and for what is no path. */
export const parentPath = (text: string): string | undefined => {
  const parsed = parsePath(text);
  if (parsed === undefined) return undefined;
  const { path } = parsed;
  const rootLength = slashedDrivePattern.test(path) ? 4 : 1;
  if (path === '' || (path.length === rootLength && path.endsWith('/'))) return undefined;
  const lastSlash = path.lastIndexOf('/');
  const end = lastSlash === rootLength - 1 ? rootLength : Math.max(lastSlash, 0);
  return formatPath({ ...parsed, path: normalizeSegments(path.slice(0, end)) });
};

/**
 * A path below `parent`. A leading slash of `child` is dropped and `..` climbs. `parent` is a path already; a child
 * without a name is the parent itself.
 */
export const childPath = (parent: string, child: string): string => {
  const below = child.replace(/^[/\\]+/, '');
  const relative = below === '' ? '' : normalizeSegments(below);
  if (relative === '') return parent;
  if (parent === '') return relative;
  return normalizePath(parent.endsWith('/') ? parent + relative : `${parent}/${relative}`) ?? relative;
};

/** The last name of a path; empty for a root. */
export const fileNameOf = (text: string): string => {
  const path = parsePath(text)?.path.replace(/\/$/, '') ?? '';
  return path.slice(path.lastIndexOf('/') + 1);
};

/**
 * The path to hand to the operating system; relative if the text is. Undefined when the text is no path, names another
 * file system, or has an authority (`file://data/x`, where a slash was forgotten).
 */
export const toLocalPath = (text: string): string | undefined => {
  const parsed = parsePath(text);
  if (parsed === undefined || parsed.authority !== undefined) return undefined;
  if (parsed.scheme !== undefined && parsed.scheme !== 'file') return undefined;
  return parsed.path === '' ? '.' : parsed.path;
};

/** Flink's text form of an absolute local path: `file:` and the path. */
export const toFileUri = (path: string): string =>
  formatPath({ scheme: 'file', authority: undefined, path: normalizeSegments(path) });
