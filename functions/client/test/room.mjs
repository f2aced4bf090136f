// A database with overlays, and a browser that looks at it. It is here because every test of the store needs both, and
// each with a clock of its own.
import { createOverlayStore } from '../index.js'
import { Supabase, Time, Window, settled, statusLog } from './fakes.mjs'

export const KEY = 'lockstep.overlay'
export const MINUTE = 60_000
export const PERSONAL = 'rank_overlay_ttl:ada'
export const SHARED = 'rank_overlay_ttl'

/** The server's clock goes with the steady one; `behind` is how far the browser's is behind it. */
export function arrange({ behind = 0, storage = {}, start = true, online = true, ...options } = {}) {
  const supabase = new Supabase()
  const time = new Time()
  const window = new Window()
  const begin = time.wall
  const server = { overlays: [], online, latency: 0, now: () => begin + time.steady - 5_000, asked: 0 }
  time.wall -= behind
  for (const [key, value] of Object.entries(storage)) window.localStorage.setItem(key, value)

  const later = (ms) => server.now() + ms
  const iso = (ms) => new Date(ms).toISOString()
  const live = () => server.overlays.filter(({ expires_at }) => Date.parse(expires_at) > server.now())
  supabase.answerRpc = async (name, args) => {
    if (!server.online) return { data: null, error: { message: 'TypeError: fetch failed', code: '' }, status: 0 }
    server.asked++
    time.steady += server.latency / 2
    time.wall += server.latency / 2
    await server.before?.(name)
    const server_time = iso(server.now())
    const overlay = live().find(({ session_id }) => session_id === args?.p_session_id)
    time.steady += server.latency / 2
    time.wall += server.latency / 2
    if (name === 'fetch_rank_session_overlays') return { data: { server_time, overlays: live() }, error: null, status: 200 }
    if (!overlay) return { data: null, error: { code: 'overlay_not_found', message: 'It is over' }, status: 404 }
    if (name === 'end_rank_session') {
      server.overlays = server.overlays.filter((each) => each !== overlay)
      return { data: { session_id: overlay.session_id, ended_count: 1, server_time }, error: null, status: 200 }
    }
    overlay.expires_at = iso(later(5 * MINUTE))
    return { data: { ...overlay, server_time }, error: null, status: 200 }
  }
  const open = (session_id, { version = 1, for: ms = 5 * MINUTE } = {}) => {
    const overlay = { session_id, version, expires_at: iso(later(ms)) }
    server.overlays = [...server.overlays.filter((each) => each.session_id !== session_id), overlay]
    return { sessionId: session_id, version, expiresAt: later(ms) }
  }

  const { statuses, onStatus } = statusLog()
  const store = createOverlayStore(supabase, { window, spread: 10_000, onStatus, ...time.environment, ...options })
  const changes = []
  store.subscribe((session, reason) => changes.push([session?.sessionId ?? null, reason]))
  const stored = () => JSON.parse(window.localStorage.getItem(KEY))
  const shown = () => store.getActiveSession()?.sessionId ?? null
  const hear = async (topic, event, payload) => {
    supabase.named(topic).broadcast(event, payload)
    await settled()
  }
  if (start) store.start()
  return { supabase, time, window, server, store, statuses, changes, stored, shown, hear, open, later, iso }
}

/** The same, with a session that is shown. */
export async function showing(options) {
  const room = arrange(options)
  const session = room.open('s1', options)
  await settled()
  room.changes.length = 0
  return { ...room, session }
}
