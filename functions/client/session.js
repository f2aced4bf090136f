// Who is asking. It is here because an application either has supabase-js sign people in, or has tokens of its own, and
// everything else must not care.

import { authRequired, problem } from './problem.js'

/** Whose token this is. Not verified: it only tells users apart. What is no JWT stands for itself. */
function subject(token) {
  try {
    return JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))).sub
  } catch {
    return token
  }
}

export function sessions(supabase, options) {
  /** The token to send and whose it is, or why there is none. */
  async function credentials(own = options.accessToken) {
    try {
      if (own !== undefined) {
        const token = own?.call ? await own() : own
        return token ? { token, user: subject(token) } : { refusal: authRequired() }
      }
      const { data, error } = await supabase.auth.getSession()
      if (data.session) return { token: data.session.access_token, user: data.session.user?.id }
      // A session that is there, and could not be refreshed for want of a network, is no reason to sign in again.
      const offline = error?.status === 0 || error?.status > 499
      return { refusal: offline ? problem('network_failure', 0, error.message, true) : authRequired() }
    } catch (error) {
      return { refusal: authRequired(error.message) }
    }
  }

  /** Tells who is signed in, at first and after each change. Of tokens of one's own nobody tells: they are looked at when used. */
  function watch(listener, own = options.accessToken) {
    try {
      if (own === undefined) {
        const heed = (_event, session) => listener(session?.user.id ?? null)
        const { subscription } = supabase.auth.onAuthStateChange(heed).data
        return () => subscription.unsubscribe()
      }
    } catch {}
    listener()
    return () => {}
  }

  /**
   * Before a private channel is joined. From 2.47 on, Realtime asks supabase-js itself, unless it was given a token; before,
   * it forgets the token that it has when it is given none.
   */
  async function authorize(own = options.accessToken) {
    const { realtime } = supabase
    if (own === undefined && realtime.accessToken?.call) return realtime.setAuth()
    const { token, refusal } = await credentials(own)
    if (!token) throw refusal
    await realtime.setAuth(token)
  }

  return { credentials, watch, authorize }
}
