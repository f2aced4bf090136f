// New messages of a channel, each once and in their order. It is here because a broadcast carries no content and may be
// missed: it only says that there is something to fetch, and what is fetched by time alone has gaps.

import { limited } from './environment.js'
import { follow } from './follow.js'
import { join } from './topic.js'

/** A message becomes visible when its transaction commits, which may be after a later one was read. */
const OVERLAP = 10_000
const CATCH_UP = 200

export function subscribe(supabase, channelId, callback, options, listMessages, session, env) {
  const { known = [], onError, onReset, accessToken } = options
  const seen = new Map()
  /** What is older is not asked for. Before anything was seen, there is no such time, and the newest page is enough. */
  let from = 0
  /** As long as the same user is signed in. */
  let visit = new AbortController()
  let user, leave

  const timeOf = (message) => Date.parse(message.inserted_at)
  const remember = (message) => {
    seen.set(message.id, timeOf(message))
    from = Math.max(from, timeOf(message) - OVERLAP)
  }
  known.forEach(remember)

  /** Everything since then, page by page. */
  async function fetchNew(limits) {
    const fresh = []
    let query = from ? { since: new Date(from).toISOString(), limit: CATCH_UP } : {}
    while (query) {
      const { data, error, nextCursor } = await listMessages(channelId, { ...query, ...limits })
      if (error) throw error
      fresh.push(...data)
      const more = from && nextCursor && timeOf(data.at(-1)) >= from
      query = more && { before: nextCursor, limit: CATCH_UP }
    }
    // Older pages do not heed `since`.
    return fresh.filter((message) => timeOf(message) >= from && !seen.has(message.id)).reverse()
  }

  function leaveTopic() {
    leave?.()
    leave = undefined
  }

  /** Nothing of the one before is shown to whoever is signed in now. */
  function become(next) {
    if (next === user) return
    visit.abort()
    visit = new AbortController()
    leaveTopic()
    if (user) {
      seen.clear()
      from = 0
      onReset?.()
    }
    user = next
  }

  async function attempt() {
    let { signal } = visit
    try {
      const { token, user: asker, refusal } = await limited(() => session.credentials(accessToken), env, { signal })
      signal.throwIfAborted()
      if (!token) throw refusal
      become(asker)
      ;({ signal } = visit)
      leave ??= join(supabase, `social:${channelId}`, { event, realtime: feed.realtime }, () => session.authorize(accessToken), env)
      const fresh = await fetchNew({ accessToken: token, signal })
      if (signal.aborted) return []
      fresh.forEach(remember)
      for (const [id, time] of seen) if (time < from) seen.delete(id)
      return fresh
    } catch (error) {
      if (signal.aborted) return []
      throw error
    }
  }

  const feed = follow(async () => {
    let fresh
    try {
      fresh = await attempt()
    } catch (error) {
      onError?.(error)
      // The joins of somebody who may not join would be repeated for nothing.
      if (!error.retryable && !feed.isUp()) leaveTopic()
      return error
    }
    try {
      if (fresh.length) callback(fresh)
    } catch (error) {
      // A fault of the application's does not end the subscription.
      onError?.(error)
    }
  }, options, env)

  const event = (_name, message) => seen.has(message.id) || feed.ask()
  const unwatch = session.watch((next) => {
    if (next !== undefined) {
      if (next === user) return
      become(next)
    }
    feed.start()
  }, accessToken)

  return () => {
    unwatch()
    visit.abort()
    feed.stop()
    leaveTopic()
  }
}
