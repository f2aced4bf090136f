// What Realtime only announces, kept up to date: fetched at first, after each announcement, and now and then while Realtime
// is away. It is here because whoever looks at an empty chat must know whether it is empty, and because several events at
// once must make one request.

import { growing, spread } from './environment.js'
import { thrown } from './problem.js'
import { safely } from './trace.js'

/**
 * `task` fetches, and answers with a Problem or nothing. It runs once at a time; asked while it runs, it runs once more
 * afterwards, because what it was asked for may have happened after it looked.
 */
export function follow(task, { onStatus, poll = 20_000 }, env) {
  let active, running, again, timer, told, problem
  /** Of Realtime: true, false, or not known yet. */
  let up
  let caughtUp = false
  let failures = 0
  let notBefore = 0

  const tell = (next, error = null) => {
    const news = next + error?.code
    if (news === told) return
    told = news
    safely(onStatus, next, error)
  }

  /** What is the case now, and when to ask next. */
  function settle() {
    env.clearTimeout(timer)
    let pause
    if (problem) {
      const { retryable, status, retryAfter } = problem
      const wait = retryAfter * 1000
      // An operator's fault is mended some day, too, and nobody here could say when.
      if (retryable || status > 499) pause = wait + growing(env, failures++)
      notBefore = env.clock() + wait
      tell(retryable ? 'connecting' : 'refused', problem)
    } else if (caughtUp) {
      failures = 0
      if (!up) pause = spread(env, poll)
      tell(up ? 'live' : up === false ? 'polling' : 'connecting')
    }
    if (pause) timer = env.setTimeout(due, pause)
  }

  function due() {
    notBefore = 0
    ask()
  }

  async function run() {
    do {
      again = false
      problem = await task().catch(thrown)
    } while (again && active && !problem)
    running = null
    caughtUp ||= !problem
    if (active) settle()
  }

  function ask() {
    if (!active || env.clock() < notBefore) return running
    env.clearTimeout(timer)
    again = true
    return (running ??= run())
  }

  function stop() {
    active?.abort()
    active = told = up = undefined
    env.clearTimeout(timer)
  }

  return {
    ask,
    stop,
    /** From the beginning, as for somebody else. */
    start() {
      stop()
      active = new AbortController()
      caughtUp = false
      failures = notBefore = 0
      problem = null
      // The network is back.
      env.window?.addEventListener('online', ask, { signal: active.signal })
      tell('connecting')
      return ask()
    },
    /** A topic has been joined, so that something may have been missed, or is away; and whether all are joined now. */
    realtime(all, joined = all) {
      up = all
      if (joined) ask()
      else if (active && !running && !problem) settle()
    },
    isUp: () => up,
  }
}
