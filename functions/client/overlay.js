// The session whose overlay is shown, until the server's clock says that it is over. It is here because a browser that
// keeps a session for ever shows one that has ended: `expiresAt` decides, a broadcast only tells earlier, and a fetch
// tells what broadcasts were missed.

import { serverClock } from './clock.js'
import { environment, limited } from './environment.js'
import { follow } from './follow.js'
import { problem } from './problem.js'
import { record, recordStorage } from './record.js'
import { rpcs } from './rpc.js'
import { sessions } from './session.js'
import { join } from './topic.js'

const TOPIC = 'rank_overlay_ttl'
const CHANGED = 'rank-active-session-change'
/** What the application kept before: it never expired, so it cannot be trusted now. */
const FORMER_KEY = 'rank.activeSession'
/** Timers are coarse and sleep with the machine: look again at least this often. */
const LONGEST_TIMER = 60_000
/** An overlay lives for five minutes after its last renewal; half a minute is for a clock that was never compared. */
const HORIZON = 330_000

export function createOverlayStore(supabase, options = {}) {
  const { storage, storageKey = 'lockstep.overlay', version: wanted, onCall, spread = 10_000 } = options
  const env = environment(options)
  const { window } = env
  const auth = sessions(supabase, options)
  const clock = serverClock(env)
  const ask = rpcs(supabase, onCall, clock, env)
  const storageOf = () => storage ?? window.localStorage
  const kept = recordStorage(storageOf, storageKey)
  const heard = new Set()
  let held = null
  let leaves = []
  let dismissed, userId, started, unwatch, timer, spreadTimer

  const over = (session) => session.expiresAt <= clock.now()
  const valid = (session, version = wanted) =>
    !!session &&
    !over(session) &&
    session.expiresAt <= clock.now() + HORIZON &&
    (version === undefined || session.version === version)

  /** Every change goes through here: what is held, what is stored, when it ends, and who is told. */
  function hold(session, reason) {
    kept.write(session)
    if (JSON.stringify(session) !== JSON.stringify(held)) {
      held = session
      window?.dispatchEvent(new CustomEvent(CHANGED, { detail: reason }))
    }
    check()
  }

  /** What is held now, if it is not over. Another tab, or another device, may have renewed it unheard. */
  function check() {
    env.clearTimeout(timer)
    if (held && over(held)) {
      const stored = kept.read()
      hold(valid(stored) ? stored : null, 'expired')
      refresh()
    }
    if (held && started) timer = env.setTimeout(check, Math.min(held.expiresAt - clock.now(), LONGEST_TIMER))
    if (clock.disturbed()) refresh()
    return held
  }

  const feed = follow(async () => {
    const { token, user, refusal } = await limited(() => auth.credentials(), env)
    if (!token) return refusal
    become(user)
    const asker = userId
    const before = held
    const { data, error } = await ask('fetch_rank_session_overlays')
    if (asker !== userId) return
    if (error) {
      // What is held goes on until it expires; what is only stored is judged by this machine's clock.
      if (clock.synced()) clock.assumeSleep()
      else take(held ?? kept.read(), 'offline')
      check()
      return error
    }
    // The answer may be older than what has happened here meanwhile.
    if (before !== held) refresh()
    else adopt(data.overlays.map(record))
  }, options, env)
  const refresh = feed.ask

  /** The server's list decides: the session that was held, else the one that was opened last. */
  function adopt(overlays) {
    const mine = (session) => session.sessionId === (held ?? kept.read())?.sessionId
    const live = overlays.filter((session) => valid(session) && session.sessionId !== dismissed)
    live.sort((a, b) => mine(b) - mine(a) || b.expiresAt - a.expiresAt)
    hold(live[0] ?? null, 'fetched')
  }

  /** A record from elsewhere, if it can be true; if not, what is held is what is stored. */
  function take(session, reason, version) {
    const taken = valid(session, version)
    if (taken) dismissed = null
    hold(taken ? session : held, reason)
    return taken
  }

  /** Refuses what is over, too far ahead, malformed, or of another version than the expected or the held one. */
  function setActiveSession(given, { version } = {}) {
    const session = record(given)
    const current = check()?.sessionId === session?.sessionId ? held?.version : undefined
    const taken = take(session, 'set', version ?? current)
    // It may still be right, and the clock or the held version be outdated: the server knows.
    if (!taken) refresh()
    return taken
  }

  /** For this browser only, and until it is opened again: to end it for everybody, use `end`. */
  function clear(reason = 'cleared') {
    dismissed = held?.sessionId
    hold(null, reason)
  }

  async function change(name, apply) {
    const id = check()?.sessionId
    if (!id) return { data: null, error: problem('no_active_session', 0, 'No session') }
    const answer = await ask(name, { p_session_id: id })
    if (answer.error) refresh()
    else if (held?.sessionId === id) apply(answer.data)
    return answer
  }

  /** On the personal topic. */
  function onPersonal(event, payload) {
    check()
    if (heard.has(payload.id)) return
    heard.add(payload.id)
    if (event === 'overlay_opened') {
      dismissed = null
      refresh()
    } else if (payload.session_id === held?.sessionId && payload.version >= held.version) {
      // A late notice of a time that has since been extended is no end.
      if (payload.reason === 'ttl' && Date.parse(payload.expires_at) < held.expiresAt) refresh()
      else hold(null, payload.reason)
    }
  }

  /** On the topic of all, without content: everybody hears it at once, and must not ask at once. */
  function onShared() {
    if (!held) return
    env.clearTimeout(spreadTimer)
    spreadTimer = env.setTimeout(refresh, env.random() * spread)
  }

  /** Another tab has changed its storage; the key is null when it was emptied. */
  function onStorage({ key }) {
    if (key && key !== storageKey) return
    const session = kept.read()
    if (!session) hold(null, 'other_tab')
    else if (clock.synced()) take(session, 'other_tab')
    // It may have been removed for any reason, or be too early to judge: the server knows.
    refresh()
  }

  /** Nothing of the one before is shown to whoever is signed in now. */
  function become(next) {
    if (next === userId) return
    // At the start, nobody may merely mean that the network is away.
    if (userId) clear('signed_out')
    userId = next
    leave()
    if (!next) return
    const joined = {}
    const listen = (topic, event) => {
      const realtime = (up) => {
        joined[topic] = up
        const [one, other] = Object.values(joined)
        feed.realtime(one && other, up)
      }
      return join(supabase, topic, { event, realtime }, () => auth.authorize(), env)
    }
    leaves = [listen(`${TOPIC}:${next}`, onPersonal), listen(TOPIC, onShared)]
  }

  /** A refreshed token changes nothing here: Realtime gets it from supabase-js (see topic.js). */
  function onUser(next) {
    if (next !== undefined) {
      if (next === userId) return
      become(next)
    }
    feed.start()
  }

  function leave() {
    leaves.forEach((each) => each())
    leaves = []
  }

  /** Nothing that is stored is shown before the server was asked. Returns `stop`. */
  function start() {
    if (started || !window) return stop
    started = new AbortController()
    const watch = (type, listener) => window.addEventListener(type, listener, { signal: started.signal })
    recordStorage(storageOf, FORMER_KEY).write(null)
    const look = () => check() || refresh()
    watch('focus', look)
    // It bubbles, from the document.
    watch('visibilitychange', look)
    watch('storage', onStorage)
    unwatch = auth.watch(onUser)
    check()
    return stop
  }

  function stop() {
    started?.abort()
    unwatch?.()
    feed.stop()
    started = userId = undefined
    leave()
    check()
  }

  return {
    start,
    stop,
    refresh,
    check,
    now: clock.now,
    setActiveSession,
    clear,
    renew: () => change('renew_rank_session_overlay', (row) => take(record(row), 'renewed')),
    end: () => change('end_rank_session', () => hold(null, 'ended')),
    /** For rendering: pure, and the same object as long as nothing has changed. The removal itself follows. */
    getActiveSession() {
      if (!held || !over(held)) return held
      queueMicrotask(check)
      return null
    },
    subscribe(listener) {
      const heed = ({ detail }) => listener(held, detail)
      window?.addEventListener(CHANGED, heed)
      return () => window?.removeEventListener(CHANGED, heed)
    },
  }
}
