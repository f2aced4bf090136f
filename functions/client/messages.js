// The messages of a channel as a store that React can read: what arrived, what is older, what is being sent and what failed.
// It is here because a component may be rendered twice, thrown away, or read while it changes, and the store may not.

import { newKey } from './unsent.js'

const PAGE = 50
const NOTHING = Object.freeze({
  messages: Object.freeze([]),
  pending: Object.freeze([]),
  status: 'connecting',
  error: null,
  hasOlder: false,
  loadingOlder: false,
})

/** Times have microseconds, of which Date knows the first three. */
const micros = ({ inserted_at }) => `${/\.(\d+)/.exec(inserted_at)?.[1] ?? ''}`.padEnd(6, '0')
const order = (a, b) =>
  Date.parse(a.inserted_at) - Date.parse(b.inserted_at) ||
  (micros(a) < micros(b) ? -1 : micros(a) > micros(b) ? 1 : a.id < b.id ? -1 : 1)

export function messageStore(lockstep, channelId, options) {
  const listeners = new Set()
  let state = NOTHING
  let leave
  /** Of which user this is: an answer for another one is dropped. */
  let visit = {}
  /** What kept older pages away: forgotten when they come. */
  let olderError = null

  function set(changes) {
    state = Object.freeze({ ...state, ...changes })
    listeners.forEach((listener) => listener())
  }

  function reset() {
    visit = {}
    set({ ...NOTHING, status: state.status })
  }

  /** Arrived, from wherever: each once, in their order, and no longer pending. */
  function merge(arrived) {
    const known = new Set(state.messages.map(({ id }) => id))
    const keys = new Set(arrived.map((message) => message.client_message_id))
    set({
      messages: [...state.messages, ...arrived.filter(({ id }) => !known.has(id))].sort(order),
      pending: state.pending.filter(({ key }) => !keys.has(key)),
    })
  }

  function start() {
    let first = true
    leave = lockstep.subscribeMessages(
      channelId,
      (arrived) => {
        if (first) set({ hasOlder: arrived.length >= PAGE })
        first = false
        merge(arrived)
      },
      {
        ...options,
        onStatus: (status, error) => set({ status, error }),
        onReset() {
          first = true
          reset()
        },
        onError(error) {
          set({ error })
        },
      },
    )
  }

  async function loadOlder() {
    const [oldest] = state.messages
    if (!oldest || !state.hasOlder || state.loadingOlder) return
    const mine = visit
    set({ loadingOlder: true })
    const before = `${oldest.inserted_at},${oldest.id}`
    const { data, error, nextCursor } = await lockstep.listMessages(channelId, { before })
    if (mine !== visit) return
    if (error) set({ loadingOlder: false, error })
    else set({ loadingOlder: false, error: state.error === olderError ? null : state.error, hasOlder: nextCursor !== null })
    olderError = error
    if (data) merge(data)
  }

  const change = (key, changes) =>
    set({ pending: state.pending.map((each) => (each.key === key ? { ...each, ...changes } : each)) })

  async function attempt({ key, body }) {
    const mine = visit
    change(key, { state: 'sending', error: null })
    const answer = await lockstep.sendMessage(channelId, body, { idempotencyKey: key })
    if (mine !== visit) return answer
    if (answer.error) change(key, { state: 'failed', error: answer.error })
    else merge([answer.data])
    return answer
  }

  const under = new Map()
  /** Each attempt once at a time: a double click is one message. */
  function once(entry) {
    if (!under.has(entry.key)) under.set(entry.key, attempt(entry).finally(() => under.delete(entry.key)))
    return under.get(entry.key)
  }

  return {
    get: () => state,
    getOnServer: () => NOTHING,
    subscribe(listener) {
      listeners.add(listener)
      if (listeners.size === 1) start()
      return () => {
        listeners.delete(listener)
        if (listeners.size) return
        leave()
        // Whoever looks next may be somebody else.
        visit = {}
        state = NOTHING
      }
    },
    loadOlder,
    /** The same words as those that are under way, or that failed, are the same message. */
    send(body) {
      let entry = state.pending.find((each) => each.body === body)
      if (!entry) {
        entry = { key: newKey(), body, state: 'sending', error: null }
        set({ pending: [...state.pending, entry] })
      }
      return once(entry)
    },
    retry: (key) => {
      const entry = state.pending.find((each) => each.key === key)
      return entry && once(entry)
    },
    discard: (key) => set({ pending: state.pending.filter((each) => each.key !== key) }),
  }
}
