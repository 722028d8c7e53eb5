import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Reads `+ GROUP` and `- GROUP` from a pipe whose only writer is this process. Its end means that we are gone, by
 * SIGKILL perhaps: then nobody else ends at their time limit the programs that are still at work.
 */
const SCRIPT = `
groups=' '
while read -r change group; do
  case $change in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -KILL -$group; done
`;

/**
 * Ends process groups when this process dies without having ended them. Its own small process is started with the
 * first group, in a session of its own so that no Ctrl-C reaches it, and again when it was lost.
 */
export class OrphanGuard {
  readonly #groups = new Set<number>();
  #guard: ChildProcess | undefined;
  #isClosed = false;

  /**
   * Watches over a group.
   *
   * @param leader - process id of the group's leader
   * @returns ends the watch, once the group is gone
   */
  watch(leader: number): () => void {
    this.#groups.add(leader);
    if (this.#guard === undefined) this.#start();
    else this.#tell('+', leader);
    return () => {
      if (!this.#groups.delete(leader)) return;
      this.#tell('-', leader);
      if (this.#isClosed) this.#endWhenIdle();
    };
  }

  /** Lets the guard go as soon as there is no group any more. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#endWhenIdle();
  }

  #start(): void {
    const guard = spawn('/bin/sh', ['-c', SCRIPT, 'orphan-guard'], {
      cwd: '/',
      detached: true,
      env: {},
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#guard = guard;
    const forget = (): void => {
      if (this.#guard === guard) this.#guard = undefined;
    };
    guard.once('error', forget);
    guard.once('exit', forget);
    guard.stdin.on('error', () => undefined);
    // It must not keep us alive: it is there for our end.
    guard.unref();
    (guard.stdin as { unref?: () => void }).unref?.();
    for (const leader of this.#groups) this.#tell('+', leader);
  }

  #tell(change: '+' | '-', leader: number): void {
    this.#guard?.stdin?.write(`${change} ${leader}\n`);
  }

  #endWhenIdle(): void {
    if (this.#groups.size === 0) this.#guard?.stdin?.end();
  }
}
