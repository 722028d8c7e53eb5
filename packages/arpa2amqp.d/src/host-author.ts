import { userInfo } from 'node:os';

/**
 * Who changes the lists by `arpa2amqp.d acl` on this host: `host:<user>`, without an `@`, which every identity has, also that of a
 * principal `host:root@ARPA2.NET`. Users of a directory may be named `mary@example.com`.
 */
export function hostAuthor(user: string = userName()): string {
  return `host:${user.replaceAll('@', '%')}`;
}

/** Whether a change was made as {@link hostAuthor}. One that another host has sent names its sender, and was a command here. */
export function isHostAuthor(by: string): boolean {
  return by.startsWith('host:') && !by.includes('@');
}

/** A container may run as a user without a name. No name has a colon: it separates the fields of passwd(5). */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid:${process.geteuid?.() ?? 'unknown'}`;
  }
}
