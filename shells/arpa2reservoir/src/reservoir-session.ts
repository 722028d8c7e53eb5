import type { Path } from '@arpa2amqp/directory';

/** What the commands of one batch share. */
export interface ReservoirSession {
  /** The current index, a domain or collection; undefined until one was chosen. */
  index?: {
    /** Chosen by `index domain` or `index collection`: here every `index path` begins, so that it means the same when it is repeated. */
    readonly root: Path;
    readonly current: Path;
  };
}
