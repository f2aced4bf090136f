// A private topic of Realtime, as reliably as it gets. It is here because supabase-js has one channel for a topic, so
// that two components on one topic would share or close each other's, and because it does not come back by itself from
// a channel that the server closed.
//
// A refreshed token needs no new subscription: supabase-js hands it to `realtime.setAuth`, which sends it on every
// joined channel and puts it into the payload of the next join (SupabaseClient._handleTokenChanged and
// RealtimeClient._performAuth in 2.119.1). A lost connection or a refused join is repeated by the channel itself. What
// nobody repeats is a channel that the server closes, as it does when a token expires, such as in a laptop that sleeps.

import { growing, limited } from './environment.js'

/** For each client, its topics by name. */
const clients = new WeakMap()

/**
 * Listens to a topic, for somebody who is signed in. `listener.realtime` is told after each subscription, when replication
 * has started (what was broadcast before is never delivered), and when the channel is away. Returns what ends it.
 */
export function join(supabase, name, listener, authorize, env) {
  const topics = clients.get(supabase) ?? {}
  clients.set(supabase, topics)
  return (topics[name] ??= createTopic(supabase, name, env))(listener, authorize)
}

function createTopic(supabase, name, env) {
  const listeners = new Set()
  let work = Promise.resolve()
  let failures = 0
  let authorize, channel, joined, timer

  function tell(state) {
    joined = state
    if (joined) failures = 0
    listeners.forEach((listener) => listener.realtime(joined))
  }
  function later() {
    tell(false)
    timer = env.setTimeout(settle, growing(env, failures++))
  }

  /**
   * Opens or removes the channel, one after the other: until a channel has left, supabase-js would hand out the same
   * one again. Joining, leaving and joining at once, as React's strict mode does, leaves it untouched.
   */
  function settle() {
    env.clearTimeout(timer)
    work = work.then(() => limited(change, env)).catch(later)
  }

  async function change() {
    if (channel && !listeners.size) {
      const leaving = channel
      channel = joined = undefined
      await supabase.removeChannel(leaving)
    } else if (listeners.size && !channel) {
      // A private channel that joins without its token is refused.
      await authorize()
      if (listeners.size) open()
    }
  }

  function open() {
    const opened = (channel = supabase.channel(name, {
      config: { private: true, broadcast: { replication_ready: true } },
    }))
    opened
      .on('broadcast', { event: '*' }, ({ event, payload }) => {
        listeners.forEach((listener) => listener.event(event, payload))
      })
      .on('system', {}, ({ status }) => status === 'ok' && joined && tell(true))
      .subscribe((status) => {
        if (opened !== channel) return
        if (status !== 'CLOSED') return tell(status === 'SUBSCRIBED')
        channel = undefined
        later()
      })
    // A socket that is still being closed, because its last channel has left, is not opened by a new one (seen in 2.57 to 2.90).
    timer = env.setTimeout(() => supabase.realtime.connect?.(), 1000)
  }

  return (listener, authorizeFirst) => {
    authorize = authorizeFirst
    listeners.add(listener)
    if (joined !== undefined) listener.realtime(joined)
    settle()
    return () => {
      listeners.delete(listener)
      settle()
    }
  }
}
