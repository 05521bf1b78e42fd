/**
 * Paths as Flink's file systems have them (metadata format, section 12). Files are read and written with the spelling
 * they have; Flink normalizes on loading, so what Flink shows can only be compared after doing the same.
 */
import { isFlinkAuthority } from './flink-authority.ts';

const schemeForm = /^[a-zA-Z][a-zA-Z0-9+.-]*$/;
const windowsDrive = /^[a-zA-Z]:/;
const rootedWindowsDrive = /^\/[a-zA-Z]:/;
const windowsRoot = /^\/[a-zA-Z]+:\/$/;

interface PathParts {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string;
}

/** Scheme: before the first colon, if no slash comes earlier. Authority: after two slashes, up to the next. */
const partsOf = (text: string): PathParts => {
  const rooted = windowsDrive.test(text) ? `/${text}` : text;
  const colon = rooted.indexOf(':');
  const slash = rooted.indexOf('/');
  const hasScheme = colon !== -1 && (slash === -1 || colon < slash);
  const scheme = hasScheme ? rooted.slice(0, colon) : undefined;
  const start = hasScheme ? colon + 1 : 0;
  if (!rooted.startsWith('//', start) || rooted.length - start <= 2) {
    return { scheme, authority: undefined, path: rooted.slice(start) };
  }
  const next = rooted.indexOf('/', start + 2);
  const end = next > 0 ? next : rooted.length;
  return { scheme, authority: rooted.slice(start + 2, end), path: rooted.slice(end) };
};

const collapsed = (path: string): string => {
  const single = path.replaceAll('\\', '/').replaceAll(/\/+/g, '/');
  const isKept = !single.endsWith('/') || single === '/' || windowsRoot.test(single);
  return isKept ? single : single.slice(0, -1);
};

/** As a URI is normalized: a dot at the end leaves its slash, and dots that lead above the start stay. */
const withoutDots = (path: string): string => {
  const segments = path.split('/');
  if (!segments.some((segment) => segment === '.' || segment === '..')) return path;
  const isRooted = path.startsWith('/');
  const kept: string[] = [];
  for (const segment of isRooted ? segments.slice(1) : segments) {
    if (segment === '.') continue;
    if (segment === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else kept.push(segment);
  }
  const last = segments.at(-1);
  const isDotLast = (last === '.' || last === '..') && kept.length > 0 && kept.at(-1) !== '..';
  const joined = kept.join('/') + (isDotLast ? '/' : '');
  if (isRooted) return `/${joined}`;
  // Otherwise the first segment would read as a scheme.
  return kept[0]?.includes(':') === true ? `./${joined}` : joined;
};

const RELATIVE_IN_ABSOLUTE = 'Relative path in absolute URI';

/** The path without the one slash that Flink takes off its front, or undefined if there is none. */
const withoutFirstSlash = (text: string): string | undefined => {
  const path = withoutDots(collapsed(partsOf(text).path));
  return path.startsWith('/') ? path.slice(1) : undefined;
};

/** Whether what is left would be read as beginning with a scheme. */
const leadsWithScheme = (path: string): boolean => /^[^/]*:/.test(path);

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

const isLetter = (unit: number): boolean => (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a);

/**
 * Whether a scheme of letters, its colon and a slash stand first, as in almost every path, and no authority that could
 * be malformed after them: then nothing is wrong.
 */
const isPlainlyPlaced = (text: string): boolean => {
  let at = 0;
  while (isLetter(text.charCodeAt(at))) at += 1;
  if (at === 0 || text.charCodeAt(at) !== COLON || text.charCodeAt(at + 1) !== SLASH) return false;
  return text.charCodeAt(at + 2) !== SLASH || !(text.includes('[') || text.includes(']'));
};

/** Whether neither a scheme nor a first slash can be in the way, as in almost every relative path. */
const isPlainlyRelative = (text: string): boolean => {
  const first = text.charCodeAt(0);
  return first !== SLASH && first !== BACKSLASH && !text.includes(':');
};

/** What is wrong with a relative path that Flink cannot resolve, or nothing: one with a scheme is not relative. */
export const flinkRelativePathProblem = (text: string): string | undefined => {
  if (isPlainlyRelative(text)) return undefined;
  const problem = flinkPathProblem(text);
  const { scheme, authority = '', path } = partsOf(text);
  if (problem !== undefined) return problem;
  if (scheme !== undefined && path !== '') return RELATIVE_IN_ABSOLUTE;
  const rest = withoutFirstSlash(text);
  if (rest === '') return 'Can not create a Path from an empty string';
  if (authority !== '') return flinkPathProblem(flinkRelativePath(text).path);
  if (rest === undefined || !leadsWithScheme(rest)) return undefined;
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:\//.test(rest) ? undefined : RELATIVE_IN_ABSOLUTE;
};

/**
 * Where a relative path leads, in Flink's text form: below the directory, beside it with `../`, nowhere else if empty.
 * It is an absolute path of its own if a scheme follows a first slash, and, with the scheme of the directory, if it
 * begins with two slashes: then Flink takes the slash after the authority off as well, and `//a/b` becomes `//ab`.
 */
export const flinkRelativePath = (text: string): { readonly path: string; readonly isAbsolute: boolean } => {
  const { authority = '', path } = partsOf(text);
  if (authority !== '') {
    return { path: `//${authority}${withoutDots(collapsed(path)).replace(/^\//, '')}`, isAbsolute: true };
  }
  const rest = withoutFirstSlash(text);
  if (rest !== undefined && leadsWithScheme(rest)) return { path: rest, isAbsolute: true };
  return { path: (rest ?? flinkPath(text)).replace(/\/$/, ''), isAbsolute: false };
};

/** What is wrong with a path that Flink cannot take, or nothing. */
export const flinkPathProblem = (text: string): string | undefined => {
  if (isPlainlyPlaced(text) || !(text.includes(':') || text.startsWith('//'))) return undefined;
  const { scheme, authority, path } = partsOf(text);
  if (!isFlinkAuthority(authority ?? '')) return 'Malformed authority';
  if (scheme === undefined) return undefined;
  if (!schemeForm.test(scheme)) return 'Illegal character in scheme name';
  const isPlaced = collapsed(path).startsWith('/') || (path === '' && authority !== undefined);
  return isPlaced ? undefined : RELATIVE_IN_ABSOLUTE;
};

/** The text form that Flink gives a path: what its rewrite of a file would hold. */
export const flinkPath = (text: string): string => {
  const { scheme, authority, path } = partsOf(text);
  const normal = withoutDots(collapsed(path));
  const host = authority === undefined || authority === '' ? '' : `//${authority}`;
  if (scheme === undefined && host === '' && rootedWindowsDrive.test(normal)) return normal.slice(1);
  return `${scheme === undefined ? '' : `${scheme}:`}${host}${normal}`;
};

/**
 * The path of a relative handle, as Flink resolves it against the directory of the metadata file (section 12).
 *
 * @param directory an absolute path.
 */
export const resolvedFlinkPath = (directory: string, relativePath: string): string => {
  const { path, isAbsolute } = flinkRelativePath(relativePath);
  const { scheme } = partsOf(directory);
  if (isAbsolute) return path.startsWith('//') && scheme !== undefined ? `${scheme}:${path}` : path;
  // Once more, because what is resolved loses the slash that dots at its end have left.
  return flinkPath(path === '' ? directory : flinkPath(`${directory.replace(/\/+$/, '')}/${path}`));
};

/** A name of a server, whose case means nothing to Java; anything else, such as the name of a bucket, has its case. */
const serverForm = /^([^@]*@)?([a-zA-Z0-9.-]+)(:\d*)?$/;

const authorityKey = (authority: string): string =>
  authority.replace(
    serverForm,
    (_whole, user = '', host = '', port = '') => user + host.toLowerCase() + port,
  );

/**
 * One text for all spellings of a place: paths that are equal to Flink have the same, and so have a path without scheme
 * and the same one with `file:`, because a path without scheme is a local one unless Flink's `fs.default-scheme` says
 * otherwise. No slash at the end, also for a root (`file:`, `s3://bucket`), so that what is inside a directory begins
 * with its key and a slash.
 */
export const flinkPathKey = (text: string): string => {
  const { scheme, authority = '', path } = partsOf(text);
  const place = withoutDots(collapsed(path));
  const isLocal = scheme === undefined && authority === '' && place.startsWith('/');
  const schemeKey = isLocal ? 'file' : scheme?.toLowerCase();
  const host = authority === '' ? '' : `//${authorityKey(authority)}`;
  return `${schemeKey === undefined ? '' : `${schemeKey}:`}${host}${place.replace(/\/$/, '')}`;
};

/** Whether a path says where it is by itself: with a scheme, an authority or a slash at its front. */
export const isAbsoluteFlinkPath = (text: string): boolean => {
  const { scheme, authority, path } = partsOf(text);
  const isPlaced = scheme !== undefined || authority !== undefined || collapsed(path).startsWith('/');
  return isPlaced && flinkPathProblem(text) === undefined;
};
