// What went wrong, in one form whatever it was. It is here because supabase-js hides the body of a refusal in
// `error.context`, where few look, and because only this side knows whether a repetition is safe.

/** A deploy is not healed by asking again, and a function that is switched off has an older route to fall back to. */
const LASTING = ['rpc_contract_mismatch', 'feature_disabled']

/** `repeatable`: whether asking a second time does no harm. */
export const problem = (code, status, message, repeatable, details = null, requestId = null, retryAfter = null) => {
  const passing = [429, 503, 504].includes(status) || code === 'network_failure'
  return { code, status, message, retryable: !!repeatable && passing && !LASTING.includes(code), requestId, details, retryAfter }
}

export const authRequired = (message = 'Sign in first') => problem('auth_required', 401, message)

/** From the error of `functions.invoke`, and the response if there was one that could be read. */
export async function invokeProblem(error, response, signal, repeatable) {
  if (!response) {
    const code = signal?.aborted ? 'aborted' : 'network_failure'
    return problem(code, 0, error.message, repeatable)
  }
  const { status, headers } = response
  const body = (await response.json().catch(() => 0)) ?? {}
  return problem(
    body.code ?? headers.get('sb-error-code') ?? 'http_error',
    status,
    body.message ?? `HTTP ${status}`,
    repeatable,
    body.details,
    headers.get('x-request-id'),
    // In seconds; a date, which our functions do not send, becomes null.
    +headers.get('retry-after') || null,
  )
}
