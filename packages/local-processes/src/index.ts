/** Processes of this machine, and files that several of them share. */
export { createAtomically, readIfPresent, writeAtomically } from './atomic-file.ts';
export { ended, followLog, settlesWithin } from './child-process.ts';
export { findFreePort, PortTakenError, startOnFreePort } from './free-port.ts';
export {
  findProcess,
  ownIdentity,
  type ProcessIdentity,
  processArguments,
  processIdentitySchema,
  processStart,
} from './process-inspection.ts';
export { listProcesses } from './process-list.ts';
