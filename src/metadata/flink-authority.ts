/** Authorities of paths as Java takes them: anything but brackets, unless they hold an address of IPv6. */

const bracketed = /^(?:[^@[\]]*@)?\[([^\]%]+)(?:%[a-zA-Z0-9_.]+)?\](?::(\d*))?$/;
const hexGroup = /^[0-9a-fA-F]{1,4}$/;
const dotted = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/;
const PORT_MAX = 2 ** 31 - 1;
const GROUPS = 8;

/** How many of the eight groups of an address a part stands for, or nothing if it is none. */
const groupCount = (part: string): number | undefined => {
  if (hexGroup.test(part)) return 1;
  const bytes = dotted.exec(part)?.slice(1) ?? [];
  return bytes.length > 0 && bytes.every((byte) => Number(byte) <= 255) ? 2 : undefined;
};

const isAddress = (text: string): boolean => {
  const sides = text.split('::');
  const parts = sides.flatMap((side) => (side === '' ? [] : side.split(':')));
  const counts = parts.map(groupCount);
  // Only the last part may be in the form of IPv4, so not what stands before a gap at the end.
  const isKnown = counts.every(
    (count, at) => count === 1 || (count === 2 && at === counts.length - 1 && !text.endsWith('::')),
  );
  const total = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  return isKnown && (sides.length === 1 ? total === GROUPS : sides.length === 2 && total < GROUPS);
};

/** Whether Flink can load a path with this authority, such as `[::1]:8020`; one without brackets is always taken. */
export const isFlinkAuthority = (authority: string): boolean => {
  if (!/[[\]]/.test(authority)) return true;
  const [, address, port = ''] = bracketed.exec(authority) ?? [];
  return address !== undefined && isAddress(address) && Number(port) <= PORT_MAX;
};
