// What is behind the routes, answering as a test says: Auth, the functions, and RPCs by their names. The routes and
// supabase-js are the real ones, and so is what they send.
import { Readable } from 'node:stream'

export const CHANNEL = 'c0000000-0000-4000-8000-000000000001'
export const TOKEN = 'token-of-ada'
export const ADA = 'ada00000-0000-4000-8000-000000000001'

/** `answers`: by the end of the path, `[status, body, headers]`. */
export function upstream(answers) {
  const seen = []
  process.env.NEXT_PUBLIC_SUPABASE_URL = 'https://project.example'
  process.env.NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY = 'sb_publishable_test'
  process.env.SUPABASE_SERVICE_ROLE_KEY = 'sb_secret_test'
  globalThis.WebSocket ??= class {}
  globalThis.fetch = async (url, { method = 'GET', headers, body } = {}) => {
    const { pathname, search } = new URL(url)
    const name = pathname.split('/').at(-1)
    seen.push({ name, query: search, method, authorization: new Headers(headers).get('authorization'), body: body && JSON.parse(body) })
    const [status, answer, more] = answers[name] ?? [404, { code: 'PGRST202', message: `no ${name}` }]
    return Response.json(answer, { status, headers: more })
  }
  answers.user ??= [200, { id: ADA, aud: 'authenticated' }]
  return seen
}

/** Runs a route as Next does: with a request that can be read, and an answer that is kept. */
export async function call(route, { method = 'GET', query = {}, body, token = TOKEN, headers = {} } = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? {})
  const req = Object.assign(Readable.from([Buffer.from(text)]), {
    method,
    query,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
  })
  const answer = { headers: {} }
  const res = {
    setHeader: (name, value) => (answer.headers[name.toLowerCase()] = value),
    status: (status) => Object.assign(res, { sent: (answer.status = status) }),
    json: (value) => (answer.body = value),
  }
  await route(req, res)
  return answer
}
