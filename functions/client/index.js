// What an application imports. Each name stands for itself, so that a bundler keeps only those that are used.

export { createLockstep } from './calls.js'
export { createOverlayStore } from './overlay.js'
export { LockstepError } from './problem.js'
export { traced } from './trace.js'
