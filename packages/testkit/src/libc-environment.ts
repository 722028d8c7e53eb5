import koffi from 'koffi';

// Jest gives tests a copy of process.env, so that an assignment never reaches libc's environment, where libkrb5 reads.
// Both are set. setenv is not safe against getenv in another thread: change variables while no GSS call is running.

interface Libc {
  readonly setenv: (name: string, value: string, overwrite: number) => number;
  readonly unsetenv: (name: string) => number;
  readonly getenv: (name: string) => string | null;
}

let loaded: Libc | undefined;

function libc(): Libc {
  if (loaded === undefined) {
    const library = koffi.load(null);
    loaded = {
      setenv: library.func('setenv', 'int', ['str', 'str', 'int']),
      unsetenv: library.func('unsetenv', 'int', ['str']),
      getenv: library.func('getenv', 'str', ['str']),
    };
  }
  return loaded;
}

/** Reads a variable as the C libraries of this process see it. */
export function readVariable(name: string): string | null {
  return libc().getenv(name);
}

/** Sets (or with null removes) a variable for JavaScript and for the C libraries of this process. */
export function setVariable(name: string, value: string | null): void {
  if (value === null) {
    libc().unsetenv(name);
    Reflect.deleteProperty(process.env, name);
  } else {
    libc().setenv(name, value, 1);
    process.env[name] = value;
  }
}
