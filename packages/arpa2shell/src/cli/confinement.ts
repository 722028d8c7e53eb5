import inspector from 'node:inspector';
import { userInfo } from 'node:os';
import { basename } from 'node:path';

/*
 * What a user who has no other shell on this machine could use to get one, apart from commands:
 *  - Variables that make a library load code or read settings: KRB5_CONFIG names a file that can name plug-ins. In a restricted
 *    session only the variables below are kept. Those that Node.js itself reads (NODE_OPTIONS) act before any of this and are
 *    taken away in the first line of main.ts; the dynamic linker's (LD_PRELOAD) act before that, sshd must not accept them.
 *  - SIGUSR1, which SSH clients can send: Node.js opens its debugger on loopback then, a way to run any code. It is ignored.
 */

const KEPT = new Set(['COLORTERM', 'HOME', 'KRB5CCNAME', 'LANG', 'LOGNAME', 'NO_COLOR', 'TERM', 'USER']);
const KEPT_PATTERN = /^LC_[A-Z]+$/;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Whether somebody without another shell on this machine may be at work: its variables may come from the other end. */
export function isFromOutside(environment: NodeJS.ProcessEnv, program: string): boolean {
  return environment['SSH_CONNECTION'] !== undefined || isLoginShell(program);
}

/** The command that sshd was asked to run in a session in which it has to run this program; null for none. */
export function forcedCommand(environment: NodeJS.ProcessEnv): string | null {
  if (environment['SSH_CONNECTION'] === undefined) return null;
  return environment['SSH_ORIGINAL_COMMAND'] ?? null;
}

/** Never lets anybody attach a debugger. */
export function refuseDebugger(): void {
  process.on('SIGUSR1', () => undefined);
}

/**
 * Takes away what the user of the session may have set.
 *
 * @param krb5Config - the administrator's choice
 */
export function confine(environment: NodeJS.ProcessEnv, krb5Config: string | undefined): void {
  for (const name of Object.keys(environment)) {
    if (!KEPT.has(name) && !KEPT_PATTERN.test(name)) Reflect.deleteProperty(environment, name);
  }
  environment['PATH'] = PATH;
  if (krb5Config !== undefined) environment['KRB5_CONFIG'] = krb5Config;
  // The signal may have come before it was ignored.
  if (inspector.url() !== undefined) inspector.close();
}

/** The home directory that the system knows, whatever HOME says; null when there is none. */
export function homeOfUser(): string | null {
  try {
    return userInfo().homedir;
  } catch {
    return null;
  }
}

function isLoginShell(program: string): boolean {
  try {
    const { shell } = userInfo();
    return shell !== null && basename(shell) === basename(program);
  } catch {
    // A user whom the system does not know has no shell there either.
    return true;
  }
}
