//! Clients as an application has them: supabase-js, the browser module, and an outbox. A message keeps its key until it is
//! answered for good. Every single answer is reported as it came, not only what the module makes of the last one.
//!
//! On SIGTERM they begin nothing more, end what they have begun, and go. On SIGUSR2 they ask for nothing for a while, so
//! that the functions' instances go, and with them all that they know.
import { createRequire } from 'node:module'
import { createLockstep } from '../../functions/client/index.js'

const { createClient } = createRequire(new URL('../stack/demo/', import.meta.url))('@supabase/supabase-js')
const { ORIGIN, KEY, FUNCTIONS, CHANNEL, USERS, STAGER, STAGING, PREFIX } = process.env

/** Longer than any answer may take: who waits for so long has been forgotten. */
const FORGOTTEN_MS = 30_000
/** Between two calls of a client that are no repetition. */
const PACE_MS = 40
const LONGEST_PAUSE_MS = 2000
/** An instance of the functions that nobody asks for a second is dropped. */
const LULL_MS = 1500

let stopping = false
process.on('SIGTERM', () => (stopping = true))
let lull = Promise.resolve()
process.on('SIGUSR2', () => (lull = pause(LULL_MS)))

const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** The application's own fetch, which looks at each answer before the module does. */
const watched = (client, current) => async (url, options) => {
  const attempt = { event: 'attempt', client, ...current(), at: Date.now() }
  const started = performance.now()
  const ms = () => Math.round(performance.now() - started)
  try {
    const response = await fetch(url, { ...options, signal: AbortSignal.timeout(FORGOTTEN_MS) })
    const body = await response.text()
    tell({ ...attempt, ms: ms(), status: response.status, headers: Object.fromEntries(response.headers), body })
    return new Response(body, response)
  } catch (error) {
    tell({ ...attempt, ms: ms(), failure: error.cause?.code ?? error.name })
    throw error
  }
}

async function client(number, email) {
  let current = {}
  const supabase = createClient(ORIGIN, KEY, {
    auth: { persistSession: false, autoRefreshToken: false },
    // Node 20 has none, and nothing here listens.
    realtime: { transport: class {} },
  })
  const { error } = await supabase.auth.signInWithPassword({ email, password: 'demo' })
  if (error) throw error
  const lockstep = createLockstep(supabase, { functionsUrl: FUNCTIONS, fetch: watched(number, () => current) })

  const calls = {
    send: (key) => lockstep.sendMessage(CHANNEL, `${PREFIX} ${key}`, { idempotencyKey: key }),
    list: () => lockstep.listMessages(CHANNEL, { limit: 3 }),
    stage: () => lockstep.stageRoomMatch(JSON.parse(STAGING)),
  }

  /** Until it is answered for good: by the module's rules, then by the outbox's. */
  async function settle(kind) {
    const key = crypto.randomUUID()
    current = { kind, key }
    tell({ event: 'begun', client: number, ...current })
    for (let tries = 0; ; tries++) {
      await lull
      const result = await calls[kind](key)
      if (!result.error) return tell({ event: 'settled', client: number, ...current })
      // An application signs in anew; and a deploy that is being mended is worth a later attempt with the same key.
      if (result.error.status === 401) await supabase.auth.refreshSession()
      const asked = (result.error.retryAfter ?? 0) * 1000
      await pause(Math.max(asked, Math.min(100 * 2 ** tries, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2)))
    }
  }

  return async () => {
    for (let turn = 0; !stopping; turn++) {
      await settle(email === STAGER && turn % 4 === 1 ? 'stage' : turn % 4 === 3 ? 'list' : 'send')
      await pause(PACE_MS)
    }
  }
}

const all = await Promise.all(USERS.split(',').map((email, number) => client(number, email)))
tell({ event: 'ready' })
await Promise.all(all.map((run) => run()))
process.exit(0)
