// What the routes do first and last: find out who asks, read what they send, and answer so that the clients of the old
// routes understand it.
import { createClient } from '@supabase/supabase-js'
import { createLockstep, type Lockstep, type Problem, type Result } from 'lockstep-client'
import type { NextApiRequest, NextApiResponse } from 'next'
import { debugCollector } from './debugCollector'

/** Read when it is needed: what was built without it can be started with it. */
export const required = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set`)
  return value
}

const connect = () =>
  createClient(required('NEXT_PUBLIC_SUPABASE_URL'), required('NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY'), {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  })

let made: { supabase: ReturnType<typeof connect>; lockstep: Lockstep } | undefined

export function server() {
  if (made) return made
  const supabase = connect()
  const functionsUrl = process.env.LOCKSTEP_FUNCTIONS_URL
  const onCall = (record: object) => debugCollector.push(record)
  return (made = { supabase, lockstep: createLockstep(supabase, { onCall, ...(functionsUrl && { functionsUrl }) }) })
}

export interface Caller {
  accessToken: string
  userId: string
}

/** Who asks, once Auth has said so; otherwise the answer has been given. */
export async function caller(req: NextApiRequest, res: NextApiResponse): Promise<Caller | null> {
  const accessToken = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1]
  if (!accessToken) {
    refuse(res, { status: 401, code: 'auth_required', message: 'Send the access token of a session' })
    return null
  }
  const { data, error } = await server().supabase.auth.getUser(accessToken)
  if (data.user) return { accessToken, userId: data.user.id }
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

/** Next's own parser answers in a form of its own: routes turn it off, and read here. */
export async function json(req: NextApiRequest, res: NextApiResponse, limit: number): Promise<Record<string, any> | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req) {
    size += chunk.length
    if (size > limit) {
      refuse(res, { status: 413, code: 'payload_too_large', message: `At most ${limit} bytes` })
      return null
    }
    chunks.push(Buffer.from(chunk))
  }
  try {
    const body = JSON.parse(Buffer.concat(chunks).toString())
    if (body && typeof body === 'object' && !Array.isArray(body)) return body
  } catch {}
  refuse(res, { status: 400, code: 'malformed_request', message: 'The body is no JSON object' })
  return null
}

/** Another method than this is refused. */
export function method(req: NextApiRequest, res: NextApiResponse, allowed: string): boolean {
  if (req.method === allowed) return true
  res.setHeader('Allow', allowed)
  refuse(res, { status: 405, code: 'method_not_allowed', message: `Use ${allowed}` })
  return false
}

/** Status and code as the function gave them; without an answer, the function is the one that is not available. */
export function answer<T>(res: NextApiResponse, { data, error }: Result<T>, status: number, more: object = {}): void {
  if (error) refuse(res, error)
  else res.status(status).json({ data, ...more })
}

type Refusal = Pick<Problem, 'status' | 'message'> & { code: string } & Partial<Pick<Problem, 'details' | 'hint' | 'requestId' | 'retryAfter'>>

export function refuse(res: NextApiResponse, problem: Refusal): void {
  const { code, message, status, details = null, hint = null, requestId = null, retryAfter = null } = problem
  if (retryAfter !== null) res.setHeader('Retry-After', retryAfter)
  if (status === 401) res.setHeader('WWW-Authenticate', 'Bearer')
  res.status(status >= 400 ? status : 503).json({ error: code, code, message, details, hint, request_id: requestId })
}

/** A query parameter; one that is given twice is passed on as nonsense, for the function to refuse. */
export const text = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value.join() : value)
