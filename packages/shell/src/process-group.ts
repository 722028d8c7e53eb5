/**
 * Sends a signal to a whole process group. A group that is gone is no error.
 * @param leader - process id of the group's leader, started by us with `detached`
 */
export function signalGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch (error) {
    // EPERM: what is left of the group runs as another user (a set-uid program), which is not ours to end.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
