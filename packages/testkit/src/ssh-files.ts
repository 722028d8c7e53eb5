/** What the sshd_config of a server is made from. */
export interface SshdLayout {
  readonly host: string;
  readonly port: number;
  /** Private key file of the host, absolute. */
  readonly hostKey: string;
  /** Variables that every session has. */
  readonly sessions: Readonly<Record<string, string>>;
}

/**
 * The sshd_config of a server. sshd takes the first value that it finds for a setting: what a throw-away server cannot run without
 * comes first, then what the test wants.
 */
export function sshdConfig({ host, port, hostKey, sessions }: SshdLayout, wanted: string): string {
  // Only the first SetEnv line counts.
  const variables = Object.entries(sessions).map(([name, value]) => `"${name}=${value}"`);
  return `ListenAddress ${host}
Port ${port}
HostKey ${hostKey}
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
LogLevel VERBOSE
SetEnv ${variables.join(' ')}
GSSAPIAuthentication yes
GSSAPIStrictAcceptorCheck no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication no
PrintLastLog no
PrintMotd no
${wanted}
`;
}

/** The ssh_config of a client that knows the host's key and asks for nothing. */
export function sshConfig({ port, knownHosts }: { readonly port: number; readonly knownHosts: string }): string {
  return `Host *
  Port ${port}
  UserKnownHostsFile ${knownHosts}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
  GSSAPIAuthentication yes
  PreferredAuthentications gssapi-with-mic
  ConnectTimeout 10
  LogLevel ERROR
`;
}

/** A passwd file in which the user has the ids of this process, and the one whom sshd's unprivileged part runs as. */
export function passwd(user: { readonly name: string; readonly home: string; readonly shell: string }): string {
  const { name, home, shell } = user;
  return [
    `${name}:x:${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}:${name}:${home}:${shell}`,
    'sshd:x:65534:65534::/run/sshd:/usr/sbin/nologin',
    '',
  ].join('\n');
}

/** The group file that goes with {@link passwd}. */
export function group(name: string): string {
  return `${name}:x:${process.getgid?.() ?? 0}:\nnogroup:x:65534:\n`;
}
