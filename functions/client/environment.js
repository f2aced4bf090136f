// Time, timers and chance as arguments, and the one loop that asks the server. It is here because several events at
// once must make one request, and a failure must be repeated without a crowd of clients doing so in step.

/** What the platform offers, replaceable one by one. Browsers refuse timers as methods of anything but the window. */
export const environment = (options) => ({
  now: Date.now,
  clock: () => performance.now(),
  setTimeout: setTimeout.bind(),
  clearTimeout: clearTimeout.bind(),
  random: Math.random,
  ...options,
})

const LONGEST_PAUSE = 30_000

/** A timer that fires after between half of and the whole pause, which doubles with each failure. */
export const retry = (env, callback, failures) =>
  env.setTimeout(callback, Math.min(1000 * 2 ** failures, LONGEST_PAUSE) * (0.5 + env.random() / 2))

/**
 * A task that runs once at a time. Asked while it runs, it runs once more afterwards, because what it was asked for may
 * have happened after it looked. It is tried again, later and later, as long as it answers that this could help.
 */
export function repeatable(task, env) {
  let running, again, timer
  let failures = 0

  async function run() {
    let failed
    do {
      again = false
      failed = await task().catch(() => true)
    } while (again && !failed)
    running = null
    if (failed) timer = retry(env, ask, failures++)
    else failures = 0
  }

  function ask() {
    env.clearTimeout(timer)
    again = true
    return (running ??= run())
  }

  return ask
}
