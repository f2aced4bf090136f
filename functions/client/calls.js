// The edge functions, as an application calls them. It is here because a good caller does the same things each time:
// it establishes that somebody is signed in, ends in time, reads the error's body, sends a key with each write, and leaves
// a trace.

import { environment, limited } from './environment.js'
import { invokeProblem, thrown } from './problem.js'
import { sessions } from './session.js'
import { subscribe } from './subscription.js'
import { tell } from './trace.js'
import { newKey, unsentKeys } from './unsent.js'

/** What the database makes of a page without a limit, or with too large a one. */
const PAGE = 50
const LARGEST_PAGE = 200

const isRow = (data) => !!data && typeof data === 'object'

/** As supabase-js has it: an answer that may be thrown if it is an error. */
const answering = (promise) =>
  Object.assign(promise, {
    throwOnError: () =>
      promise.then((result) => {
        if (result.error) throw result.error
        return result
      }),
  })

/** The edge functions on top of the application's supabase-js client. */
export function createLockstep(supabase, options = {}) {
  const { functionsUrl, onCall } = options
  const env = environment(options)
  const session = sessions(supabase, options)
  const unsent = unsentKeys(env)

  /** supabase-js derives the URL from its own: for functions that live elsewhere, another client of the same class. */
  const functions = () => {
    if (!functionsUrl) return supabase.functions
    return new supabase.functions.constructor(functionsUrl.replace(/\/$/, ''), { customFetch: options.fetch })
  }

  /** `write` makes the body, for a user. */
  async function call(name, { query = '', write, repeatable = true, expected = isRow }, callOptions) {
    const started = env.clock()
    let answer, response, error
    try {
      const { accessToken, ...limits } = callOptions
      error = await limited(async (signal) => {
        const { token, user, refusal } = await session.credentials(accessToken)
        if (!token) return refusal
        signal.throwIfAborted()
        const body = write?.(user)
        // What is no JSON is the application's fault, which supabase-js would take for the network's.
        JSON.stringify(body)
        const headers = { Authorization: `Bearer ${token}` }
        answer = await functions().invoke(name + query, { method: write ? 'POST' : 'GET', body, headers, signal })
        // Before 2.51 supabase-js has the response in the error alone.
        response = answer.response ?? answer.error?.context
        return invokeProblem(answer, response, repeatable, expected, env)
      }, env, limits, repeatable)
    } catch (fault) {
      error = thrown(fault, repeatable)
    }
    const data = error ? null : answer.data
    tell(onCall, name, env.clock() - started, data, error, response?.headers?.get('x-rpc-version'))
    return { data, error }
  }

  /** A page of a channel, newest first; `nextCursor` is the `before` of the next one, unless this is the last. */
  async function list(channelId, { limit, since, before, ...rest }) {
    const fields = Object.entries({ channel_id: channelId, limit, since, before })
    // It escapes the plus sign of a timestamp, which would arrive as a space.
    const query = new URLSearchParams(fields.filter(([, value]) => value != null))
    const page = await call('messages-list', { query: `?${query}`, expected: Array.isArray }, rest)
    page.data?.forEach((message) => unsent.seen(message.client_message_id))
    const full = page.data?.length >= Math.min(limit ?? PAGE, LARGEST_PAGE)
    const last = full && page.data.at(-1)
    // Times have microseconds, and Date would cut them off: the text is passed back untouched.
    return { ...page, nextCursor: last ? `${last.inserted_at},${last.id}` : null }
  }

  /** Posts a message. Sent again after a failure, or whose answer is still awaited, it is the same message, and stored once. */
  async function send(channelId, payload, { idempotencyKey, ...rest }) {
    const text = payload?.body ?? payload?.text ?? payload
    let key = idempotencyKey
    let message
    const write = (user) => {
      // Whose token it is, a server knows; whether two requests of one user are one message, it does not.
      if (rest.accessToken === undefined) message = JSON.stringify([user, channelId, text])
      key ??= message ? unsent.of(message) : newKey()
      return { channel_id: channelId, body: text, client_message_id: key }
    }
    const sent = await call('messages-send', { write }, rest)
    if (!sent.error) unsent.settled(message)
    return { ...sent, idempotencyKey: key ?? newKey() }
  }

  /** Stages a match. Without the template's version a second attempt would be a later one, and not a repetition. */
  const stage = (payload, callOptions) =>
    call('stage-room-match', { write: () => payload, repeatable: payload?.slot_template?.version != null }, callOptions)

  const listMessages = (channelId, callOptions) => answering(list(channelId, callOptions ?? {}))

  return {
    listMessages,
    sendMessage: (channelId, payload, callOptions) => answering(send(channelId, payload, callOptions ?? {})),
    stageRoomMatch: (payload, callOptions) => answering(stage(payload, callOptions ?? {})),
    subscribeMessages: (channelId, callback, callOptions) =>
      subscribe(supabase, channelId, callback, callOptions ?? {}, listMessages, session, env),
  }
}
