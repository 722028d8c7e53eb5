import { AclStore } from '@arpa2amqp/acl';
import { ShellError } from '@arpa2amqp/shell';

/** The store of the host, opened when it is needed first. One that cannot be opened is tried again at the next use. */
export class Lists implements AsyncDisposable {
  readonly #path: string | undefined;
  #opening: Promise<AclStore> | undefined;
  #isClosed = false;

  /** @param path - of the file; undefined where the host has no state directory */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** @throws ShellError when there is no file to open; AclError */
  async open(): Promise<AclStore> {
    if (this.#isClosed) throw new ShellError('The shell is ending', { code: 'unavailable' });
    if (this.#path === undefined) {
      throw new ShellError(
        'There are no lists here: start the daemon with --state DIR, or name their file in the option "lists" of arpa2acl',
        { code: 'unavailable' },
      );
    }
    const opening = (this.#opening ??= AclStore.open(this.#path));
    try {
      return await opening;
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined;
      throw error;
    }
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const opening = this.#opening;
    this.#opening = undefined;
    await opening?.then(
      async (store) => await store.close(),
      () => undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
