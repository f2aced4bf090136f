// The edge functions, as an application calls them. It is here because a good caller does the same things each time:
// it establishes that somebody is signed in, reads the error's body, sends a key with each write, and leaves a trace.

import { environment } from './environment.js'
import { authRequired, invokeProblem, problem } from './problem.js'
import { subscribe } from './subscription.js'
import { tell } from './trace.js'

/** What the database makes of a page without a limit, or with too large a one. */
const PAGE = 50
const LARGEST_PAGE = 200

/** The edge functions on top of the application's supabase-js client. */
export function createLockstep(supabase, options = {}) {
  const { functionsUrl, onCall } = options
  const env = environment(options)

  /** supabase-js derives the URL from its own: for functions that live elsewhere, another client of the same class. */
  const functions = () => {
    if (!functionsUrl) return supabase.functions
    return new supabase.functions.constructor(functionsUrl.replace(/\/$/, ''), { customFetch: options.fetch })
  }

  /** The token to send, or why there is none. */
  async function credentials(own = options.accessToken) {
    try {
      if (own !== undefined) return [own?.call ? await own() : own, authRequired()]
      const { data, error } = await supabase.auth.getSession()
      // A session that is there, and could not be refreshed for want of a network, is no reason to sign in again.
      const offline = error?.status === 0
      return [data.session?.access_token, offline ? problem('network_failure', 0, error.message, true) : authRequired()]
    } catch (error) {
      return [null, authRequired(error.message)]
    }
  }

  async function invoke(path, body, repeatable, { accessToken, signal }) {
    const [token, refusal] = await credentials(accessToken)
    if (!token) return { error: refusal }
    const { data, error, response } = await functions().invoke(path, {
      method: body ? 'POST' : 'GET',
      body,
      headers: { Authorization: `Bearer ${token}` },
      signal,
    })
    return { data, error: error && (await invokeProblem(error, response, signal, repeatable)), response }
  }

  async function call(name, query, body, repeatable, callOptions = {}) {
    const started = env.clock()
    const { data = null, error, response } = await invoke(name + query, body, repeatable, callOptions)
    tell(onCall, name, env.clock() - started, data, error, response?.headers.get('x-rpc-version'))
    return { data, error }
  }

  /** A page of a channel, newest first; `nextCursor` is the `before` of the next one, unless this is the last. */
  async function listMessages(channelId, { limit, since, before, ...rest } = {}) {
    const fields = Object.entries({ channel_id: channelId, limit, since, before })
    // It escapes the plus sign of a timestamp, which would arrive as a space.
    const query = new URLSearchParams(fields.filter(([, value]) => value != null))
    const page = await call('messages-list', `?${query}`, undefined, true, rest)
    const full = page.data?.length >= Math.min(limit ?? PAGE, LARGEST_PAGE)
    const last = full && page.data.at(-1)
    // Times have microseconds, and Date would cut them off: the text is passed back untouched.
    return { ...page, nextCursor: last ? `${last.inserted_at},${last.id}` : null }
  }

  /** Posts a message. Whoever tries again passes the returned key, so that it is stored once. */
  async function sendMessage(channelId, payload, { idempotencyKey = crypto.randomUUID(), ...rest } = {}) {
    const text = payload?.body ?? payload?.text ?? payload
    const body = { channel_id: channelId, body: text, client_message_id: idempotencyKey }
    return { ...(await call('messages-send', '', body, true, rest)), idempotencyKey }
  }

  /** Stages a match. Without the template's version a second attempt would be a later one, and not a repetition. */
  const stageRoomMatch = (payload, callOptions) =>
    call('stage-room-match', '', payload, payload.slot_template?.version, callOptions)

  const subscribeMessages = (channelId, callback, callOptions = {}) =>
    subscribe(supabase, channelId, callback, callOptions, listMessages, credentials, env)

  return { listMessages, sendMessage, stageRoomMatch, subscribeMessages }
}
