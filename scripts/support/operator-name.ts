import { userInfo } from 'node:os';

/** The operating system's account that runs a script; a container may run under a number that has no name. */
export function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}
