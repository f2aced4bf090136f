// What went wrong, in one form whatever it was. It is here because supabase-js hides the body of a refusal in
// `error.context`, where few look, and because only this side knows whether a repetition is safe.

/** An operator mends these, not a repetition; and a function that is switched off has an older route to fall back to. */
const LASTING = ['rpc_contract_mismatch', 'feature_disabled', 'misconfigured', 'upstream_misconfigured']
/** Without an answer that could be read, the next attempt may get one. */
const UNANSWERED = ['network_failure', 'timeout', 'unexpected_answer']

export class LockstepError extends Error {
  get name() {
    return 'LockstepError'
  }

  /** An error's message is not enumerable, and would be missing in a log. */
  toJSON() {
    return { ...this, message: this.message }
  }
}

/** `repeatable`: whether asking a second time does no harm. */
export function problem(code, status, message, repeatable, more, cause) {
  const passing = status > 499 || status === 429 || status === 408 || UNANSWERED.includes(code)
  const retryable = !!repeatable && passing && !LASTING.includes(code)
  const fields = { code, status, retryable, requestId: null, details: null, hint: null, retryAfter: null, ...more }
  return Object.assign(new LockstepError(message, { cause }), fields)
}

/** What came from somewhere, but not from what was asked. */
const unexpected = (status, repeatable) => problem('unexpected_answer', status, 'Unexpected answer', repeatable)

export const authRequired = (message = 'Sign in first') => problem('auth_required', 401, message)

/** From what was thrown: by the network, by a parser, by the application's own functions, or by us. */
export function thrown(error, repeatable) {
  if (error instanceof LockstepError) return error
  const code = error?.name === 'SyntaxError' ? 'unexpected_answer' : 'unexpected_failure'
  return problem(code, 0, `${error?.message ?? error}`, repeatable, {}, error)
}

/** Our codes are lower case. Gateways have numbers and names of their own, which stay in `details`. */
const ours = (code) => /^[a-z_]+$/.test(code) && code

/** What was given as such, or else as `details` the code that is none of ours. */
const explained = ({ code = null, details, hint = null }, known) => ({ details: details ?? (code === known ? null : code), hint })

/** In seconds, from either form of the header (RFC 9110, section 10.2.3). */
const seconds = (text, now) => Math.ceil(isNaN(text) ? Math.max(Date.parse(text) - now, 0) / 1000 : +text) || null

/** What is wrong with the result of `functions.invoke`, or null. `expected` says whether data is what it should be. */
export async function invokeProblem({ data, error }, response, repeatable, expected, env) {
  if (!error) return expected(data) ? null : unexpected(response?.status ?? 200, repeatable)
  if (error.name === 'SyntaxError') return thrown(error, repeatable)
  if (!response?.headers) return problem('network_failure', 0, (response ?? error).message, repeatable, {}, error)
  const { status, headers } = response
  const body = (await response.json().catch(() => 0)) ?? {}
  const code = ours(body.code) || ours(headers.get('sb-error-code')) || 'http_error'
  return problem(code, status, `${body.message ?? `HTTP ${status}`}`, repeatable, {
    ...explained(body, code),
    requestId: headers.get('x-request-id'),
    retryAfter: seconds(headers.get('retry-after'), env.now()),
  })
}

/** PostgREST's own codes for what ours have names for. */
const POSTGREST = { PGRST202: 'rpc_contract_mismatch', PGRST301: 'invalid_token', PGRST303: 'token_expired', 42501: 'forbidden' }

/** What is wrong with the result of an RPC of overlays, or null. Each of them tells the time, and may be repeated. */
export function rpcProblem({ data, error, status }) {
  if (!error) return data?.server_time ? null : unexpected(status, true)
  // The status is 0 when there was no answer.
  const code = status ? POSTGREST[error.code] || ours(error.code) || 'http_error' : 'network_failure'
  return problem(code, status, error.message, true, explained(error, code))
}
