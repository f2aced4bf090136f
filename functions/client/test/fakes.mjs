// A supabase-js client, a browser and a time that do what a test says. They are here because what is tested is what
// happens when a network fails, a clock is wrong, or another tab is faster.

/** Wall clock and steady clock apart: one can be set, the other can sleep. */
export class Time {
  wall = Date.parse('2026-11-22T09:00:00Z')
  steady = 5_000
  timers = new Map()
  #next = 1

  environment = {
    now: () => this.wall,
    clock: () => this.steady,
    random: () => 1,
    setTimeout: (callback, delay) => {
      this.timers.set(this.#next, { callback, at: this.steady + Math.max(delay, 0) })
      return this.#next++
    },
    clearTimeout: (id) => this.timers.delete(id),
  }

  /** Lets time pass, and each timer fire when it is due. */
  async pass(ms) {
    const end = this.steady + ms
    for (;;) {
      await settled()
      const [due] = [...this.timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)
      if (!due) break
      const [id, { callback, at }] = due
      this.timers.delete(id)
      this.#move(Math.max(at - this.steady, 0))
      callback()
    }
    this.#move(end - this.steady)
    await settled()
  }

  #move(ms) {
    this.steady += ms
    this.wall += ms
  }
}

/** When all that is under way has been done: nothing here waits for anything but promises. */
export const settled = () => new Promise((resolve) => setImmediate(resolve))

/** What `onStatus` was told: the status, and the code with it where there was a problem. */
export function statusLog() {
  const statuses = []
  return { statuses, onStatus: (status, error) => statuses.push(error ? [status, error.code] : status) }
}

export class MemoryStorage {
  items = new Map()
  getItem = (key) => this.items.get(key) ?? null
  setItem = (key, value) => this.items.set(key, String(value))
  removeItem = (key) => this.items.delete(key)
}

export class Window extends EventTarget {
  localStorage = new MemoryStorage()

  fire(type, fields = {}) {
    this.dispatchEvent(Object.assign(new Event(type), fields))
  }
}

class Channel {
  bindings = []
  constructor(name, options) {
    Object.assign(this, { name, options })
  }

  on(type, filter, callback) {
    this.bindings.push({ type, filter, callback })
    return this
  }

  subscribe(callback) {
    this.status = callback
    return this
  }

  broadcast(event, payload) {
    for (const { type, callback } of this.bindings) if (type === 'broadcast') callback({ type, event, payload })
  }

  system(message) {
    for (const { type, callback } of this.bindings) if (type === 'system') callback(message)
  }
}

export class Supabase {
  session = { access_token: 'token-of-ada', user: { id: 'ada' } }
  channels = []
  removed = []
  calls = []
  rpcs = []
  authorized = 0
  /** Answers of edge functions: `(request) => Response`. */
  answer = () => Response.json([])
  /** Answers of RPCs: `(name, args) => { data, error, status }`. */
  answerRpc = () => ({ data: null, error: { message: 'no such RPC', code: 'PGRST202' }, status: 404 })
  #watchers = new Map()

  auth = {
    getSession: async () => ({ data: { session: this.session }, error: null }),
    onAuthStateChange: (callback) => {
      const key = Symbol()
      this.#watchers.set(key, callback)
      queueMicrotask(() => this.#watchers.get(key)?.('INITIAL_SESSION', this.session))
      return { data: { subscription: { unsubscribe: () => this.#watchers.delete(key) } } }
    },
  }

  get watchers() {
    return this.#watchers.size
  }

  signIn(session, event = 'SIGNED_IN') {
    this.session = session
    for (const watcher of this.#watchers.values()) watcher(event, session)
  }

  functions = { invoke: (name, options) => this.invoke(name, options) }

  /** As functions-js does it. */
  async invoke(name, options) {
    this.calls.push({ name, ...options })
    let response
    try {
      response = await this.answer({ name, ...options })
      if (!response.ok) return { data: null, error: Object.assign(new Error('non-2xx'), { context: response }), response }
      const json = response.headers.get('content-type')?.startsWith('application/json')
      return { data: await (json ? response.json() : response.text()), error: null, response }
    } catch (error) {
      return { data: null, error, response: undefined }
    }
  }

  realtime = {
    setAuth: async () => {
      this.authorized++
    },
  }

  channel(name, options) {
    const existing = this.channels.find((channel) => channel.name === name)
    if (existing) return existing
    const channel = new Channel(name, options)
    this.channels.push(channel)
    return channel
  }

  async removeChannel(channel) {
    await null
    this.removed.push(channel.name)
    this.drop(channel)
  }

  /** What happens when a server closes a channel. */
  drop(channel) {
    this.channels = this.channels.filter((each) => each !== channel)
    channel.status?.('CLOSED')
  }

  named(name) {
    return this.channels.find((channel) => channel.name === name)
  }

  async rpc(name, args) {
    this.rpcs.push({ name, args })
    return this.answerRpc(name, args)
  }
}
