// What both routes do first and last: find out who asks, and answer so that the clients of the old routes understand it.
import { createClient } from '@supabase/supabase-js'
import { createLockstep, type Problem, type Result } from 'lockstep-client'
import type { NextApiRequest, NextApiResponse } from 'next'

const required = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set`)
  return value
}

const supabase = createClient(required('NEXT_PUBLIC_SUPABASE_URL'), required('NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY'), {
  auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
})

const functionsUrl = process.env.LOCKSTEP_FUNCTIONS_URL
export const lockstep = createLockstep(supabase, functionsUrl ? { functionsUrl } : {})

/** The caller's token, once Auth has said whose it is; otherwise the answer has been given. */
export async function bearer(req: NextApiRequest, res: NextApiResponse): Promise<string | null> {
  const token = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1]
  if (!token) {
    refuse(res, { status: 401, code: 'auth_required', message: 'Send the access token of a session' })
    return null
  }
  const { data, error } = await supabase.auth.getUser(token)
  if (data.user) return token
  // A token that Auth refuses is the caller's affair; that Auth cannot be asked is not.
  const refused = error?.status !== undefined && error.status >= 400 && error.status < 500 && error.status !== 429
  refuse(
    res,
    refused
      ? { status: 401, code: 'invalid_token', message: 'Auth does not accept this token' }
      : { status: 503, code: 'auth_unavailable', message: 'Auth could not be asked' },
  )
  return null
}

/** Status and code as the function gave them; without an answer, the function is the one that is not available. */
export function answer<T>(res: NextApiResponse, { data, error }: Result<T>, status: number, more: object = {}): void {
  if (error) refuse(res, error)
  else res.status(status).json({ data, ...more })
}

export function refuse(res: NextApiResponse, problem: Pick<Problem, 'code' | 'status' | 'message'> & Partial<Problem>): void {
  const { code, message, status, details = null, requestId = null, retryAfter = null } = problem
  if (retryAfter !== null) res.setHeader('Retry-After', retryAfter)
  if (status === 401) res.setHeader('WWW-Authenticate', 'Bearer')
  res.status(status || 503).json({ error: code, code, message, details, request_id: requestId })
}

/** A query parameter; one that is given twice is passed on as nonsense, for the function to refuse. */
export const text = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value.join() : value)
