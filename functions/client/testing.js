// A project in memory, for an application's own tests: clients as supabase-js makes them, people, channels with messages,
// rooms with matches, Realtime. It is here so that a test needs no server and yet sees what a server would say; the
// module's contract tests run against both.

import { overlayRpcs } from './testing-overlays.js'
import { functions } from './testing-functions.js'
import { newKey } from './unsent.js'

/** As Auth and Realtime answer, a moment later. */
const soon = (run) => setTimeout(run)

/**
 * `people`: by e-mail address, their ids. `channels`: by id, the ids of their members. `rooms`: by id, `{ owner, game }`.
 */
export function createFakeProject({ people = {}, channels = {}, rooms = {} } = {}) {
  const clients = new Set()
  const project = {
    channels: Object.fromEntries(Object.entries(channels).map(([id, members]) => [id, { members: [...members], messages: [] }])),
    rooms: Object.fromEntries(Object.entries(rooms).map(([id, room]) => [id, { ...room, template: null }])),
    overlays: [],
    /** Replaced in tests; each message has a microsecond of its own. */
    now: Date.now,
    /** Realtime is away: every channel is lost, and none is joined. */
    cut() {
      project.away = true
      for (const client of clients) client.lose()
    },
    restore() {
      project.away = false
      for (const client of clients) client.rejoin()
    },
    /** No client reaches anything. */
    offline: false,
    /** The next calls of a function or an RPC are answered so: `{ status, code, headers, lost }`; `lost` does it first. */
    fail(name, answer, times = 1) {
      for (let n = 0; n < times; n++) failures.push({ name, ...answer })
    },
    announce(topic, event, payload) {
      for (const client of clients) client.hear(topic, event, payload)
    },
    mayHear: (user, topic) => {
      const [kind, id] = topic.split(':')
      if (kind === 'social') return !!project.channels[id]?.members.includes(user)
      return !!user && kind === 'rank_overlay_ttl' && (id === undefined || id === user)
    },
    createClient,
  }
  const failures = []
  const handlers = functions(project)
  const rpcs = overlayRpcs(project)

  /** The failure that was asked for, if it is this call's turn. */
  function failure(name) {
    const at = failures.findIndex((each) => each.name === name)
    return at < 0 ? null : failures.splice(at, 1)[0]
  }

  function createClient() {
    const watchers = new Map()
    const joined = new Set()
    let session = null
    let leaving = false

    function change(event, next) {
      session = next
      for (const watcher of watchers.values()) watcher(event, session)
    }
    /** Only what may be heard: a channel is private. */
    const tell = (channel) => {
      if (project.away || project.offline) return channel.status('CHANNEL_ERROR', new Error('away'))
      const may = project.mayHear(session?.user.id, channel.topic)
      channel.joined = may
      channel.status(may ? 'SUBSCRIBED' : 'CHANNEL_ERROR', may ? undefined : new Error('Unauthorized'))
    }

    const auth = {
      getSession: async () => ({ data: { session }, error: null }),
      getUser: async () => ({ data: { user: session?.user ?? null }, error: null }),
      onAuthStateChange(callback) {
        const key = Symbol()
        watchers.set(key, callback)
        soon(() => watchers.get(key)?.('INITIAL_SESSION', session))
        return { data: { subscription: { unsubscribe: () => watchers.delete(key) } } }
      },
      async signInWithPassword({ email }) {
        const id = people[email]
        if (!id) return { data: { user: null, session: null }, error: Object.assign(new Error('Invalid login credentials'), { status: 400 }) }
        const user = { id, email }
        change('SIGNED_IN', { access_token: `token-of-${id}`, user })
        return { data: { user, session }, error: null }
      },
      async signOut() {
        change('SIGNED_OUT', null)
        return { error: null }
      },
    }

    async function invoke(path, { body, headers = {}, signal } = {}) {
      const [name, query] = path.split('?')
      const user = headers.Authorization?.replace('Bearer token-of-', '') ?? session?.user.id
      const failed = failure(name)
      await new Promise(soon)
      let answer = failed
      if (project.offline || signal?.aborted) answer = { lost: true }
      else if (!failed || failed.lost) {
        const done = handlers[name]?.(user, body ?? Object.fromEntries(new URLSearchParams(query))) ?? { status: 404, code: 'function_not_found' }
        answer = failed ?? done
      }
      if (answer.lost) return { data: null, error: Object.assign(new Error('Failed to send a request to the Edge Function'), { context: new TypeError('fetch failed') }) }
      if (!answer.code) return { data: answer.data, error: null, response: Response.json(answer.data) }
      const { status, code, message = code, details = null, hint = null } = answer
      const response = Response.json({ code, message, details, hint, request_id: newKey() }, { status, headers: answer.headers })
      return { data: null, error: Object.assign(new Error('Edge Function returned a non-2xx status code'), { context: response }), response }
    }

    async function rpc(name, args) {
      const failed = failure(name)
      await new Promise(soon)
      if (project.offline || failed?.lost) return { data: null, error: { message: 'TypeError: fetch failed', code: '' }, status: 0 }
      const answer = failed ?? rpcs[name]?.(session?.user.id, args) ?? { status: 404, code: 'PGRST202' }
      const { status, code, message = code, details = null, hint = null, data } = answer
      return code ? { data: null, error: { code, message, details, hint }, status } : { data, error: null, status: 200 }
    }

    const client = {
      auth,
      functions: { invoke },
      rpc,
      realtime: { setAuth: async () => {}, connect() {} },
      channel(topic) {
        const bindings = []
        const channel = {
          topic,
          joined: false,
          on(type, filter, callback) {
            bindings.push({ type, callback })
            return channel
          },
          subscribe(callback) {
            channel.status = callback
            joined.add(channel)
            soon(() => joined.has(channel) && tell(channel))
            return channel
          },
          hear: (event, payload) => bindings.forEach(({ type, callback }) => type === 'broadcast' && callback({ type, event, payload })),
        }
        return channel
      },
      async removeChannel(channel) {
        joined.delete(channel)
        channel.status?.('CLOSED')
        return 'ok'
      },
      async removeAllChannels() {
        await Promise.all([...joined].map(client.removeChannel))
        leaving = true
      },
    }
    clients.add({
      lose: () => joined.forEach((channel) => ((channel.joined = false), channel.status('CHANNEL_ERROR', new Error('away')))),
      rejoin: () => leaving || joined.forEach((channel) => soon(() => joined.has(channel) && tell(channel))),
      hear: (topic, event, payload) =>
        joined.forEach((channel) => channel.joined && channel.topic === topic && soon(() => channel.joined && channel.hear(event, payload))),
    })
    return client
  }

  return project
}
