// Time, timers, chance and the window as arguments, and requests that end. It is here because tests set them, and because
// a request that hangs must not freeze what waits for it.

import { problem } from './problem.js'

/** What the platform offers, replaceable one by one. Browsers refuse timers as methods of anything but the window. */
export const environment = (options) => ({
  now: Date.now,
  clock: () => performance.now(),
  setTimeout: setTimeout.bind(),
  clearTimeout: clearTimeout.bind(),
  random: Math.random,
  window: globalThis.window,
  /** The functions answer within eight seconds (`request_timeout_ms`); the rest is for the way. */
  timeout: 15_000,
  ...options,
})

const LONGEST_PAUSE = 30_000

/** Between half of a pause and the whole, so that many clients do not ask in step. */
export const spread = (env, pause) => pause * (0.5 + env.random() / 2)

/** The pause after so many failures: it doubles. */
export const growing = (env, failures) => spread(env, Math.min(1000 * 2 ** failures, LONGEST_PAUSE))

/** Runs what heeds a signal. It ends at the time limit and when the caller wishes, even if it does not heed the signal. */
export function limited(run, env, { signal, timeout = env.timeout } = {}, repeatable = true) {
  const ours = new AbortController()
  let timer, heed
  return new Promise((resolve, reject) => {
    const stop = (reason) => {
      ours.abort(reason)
      const code = reason?.name === 'TimeoutError' ? 'timeout' : 'aborted'
      reject(problem(code, 0, `${reason?.message ?? reason}`, repeatable))
    }
    heed = () => stop(signal.reason)
    timer = env.setTimeout(() => stop({ name: 'TimeoutError', message: `No answer within ${timeout} ms` }), timeout)
    if (signal?.aborted) return heed()
    signal?.addEventListener('abort', heed)
    run(ours.signal).then(resolve, reject)
  }).finally(() => {
    env.clearTimeout(timer)
    signal?.removeEventListener('abort', heed)
  })
}
