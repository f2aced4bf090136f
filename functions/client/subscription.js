// New messages of a channel, each once and in their order. It is here because a broadcast carries no content and may be
// missed: it only says that there is something to fetch, and what is fetched by time alone has gaps.

import { repeatable } from './environment.js'
import { join } from './topic.js'

/** A message becomes visible when its transaction commits, which may be after a later one was read. */
const OVERLAP = 10_000
const CATCH_UP = 200

export function subscribe(supabase, channelId, callback, options, listMessages, credentials, env) {
  const { known = [], onError, accessToken } = options
  const seen = new Map()
  /** What is older is not asked for. Before anything was seen, there is no such time, and the newest page is enough. */
  let from = 0
  let left, leave

  const timeOf = (message) => Date.parse(message.inserted_at)
  const remember = (message) => {
    seen.set(message.id, timeOf(message))
    from = Math.max(from, timeOf(message) - OVERLAP)
  }
  known.forEach(remember)

  /** Everything since then, page by page. */
  async function fetchNew() {
    const fresh = []
    let query = from ? { since: new Date(from).toISOString(), limit: CATCH_UP } : {}
    while (query && !left) {
      const { data, error, nextCursor } = await listMessages(channelId, { ...query, accessToken })
      if (error) throw error
      fresh.push(...data)
      const more = from && nextCursor && timeOf(data.at(-1)) >= from
      query = more && { before: nextCursor, limit: CATCH_UP }
    }
    // Older pages do not heed `since`.
    return fresh.filter((message) => timeOf(message) >= from && !seen.has(message.id)).reverse()
  }

  const ask = repeatable(async () => {
    try {
      const fresh = await fetchNew()
      if (left || !fresh.length) return
      fresh.forEach(remember)
      for (const [id, time] of seen) if (time < from) seen.delete(id)
      callback(fresh)
    } catch (error) {
      // A fault of the application's ends up here too, and does not end the subscription.
      if (left) return
      onError?.(error)
      return error.retryable
    }
  }, env)

  const event = (_name, message) => seen.has(message.id) || ask()
  credentials(accessToken).then(([token, refusal]) => {
    if (left) return
    if (token) leave = join(supabase, `social:${channelId}`, { event, joined: ask }, env)
    else onError?.(refusal)
  })

  return () => {
    left = true
    leave?.()
  }
}
