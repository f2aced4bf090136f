// An unmodified supabase-js, pointed at the stack's origin: what an application does, and what it sees when it may not.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createClient, FunctionsHttpError, FunctionsRelayError } from '@supabase/supabase-js'
import { corsHeaders } from '@supabase/supabase-js/cors'
import ws from 'ws'

const { ORIGIN, KEY, MEMBER, OUTSIDER, CHANNEL, OWNER, ROOM, STAGING } = process.env

const client = (token) =>
  createClient(ORIGIN, KEY, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: ws },
    ...(token && { accessToken: async () => token }),
  })
const member = client(MEMBER)

/** The refusal that an application can read: invoke hides it in `error.context`. */
async function refused(promise, kind = FunctionsHttpError) {
  const { data, error } = await promise
  assert.equal(data, null)
  assert.ok(error instanceof kind, `${error?.name}: ${error?.message}`)
  const body = await error.context.json()
  assert.equal(body.code, error.context.headers.get('sb-error-code'))
  return { status: error.context.status, code: body.code }
}

async function succeeded(promise) {
  const { data, error } = await promise
  assert.equal(error, null, error && (await error.context?.text()))
  return data
}

const key = randomUUID()
const message = { channel_id: CHANNEL, body: 'from supabase-js', client_message_id: key }
const sent = await succeeded(member.functions.invoke('messages-send', { body: message }))
assert.equal(sent.body, message.body)
assert.deepEqual(await succeeded(member.functions.invoke('messages-send', { body: message })), sent)

const posted = await succeeded(member.functions.invoke('messages-list', { body: { channel_id: CHANNEL, limit: 1 } }))
assert.deepEqual(posted, [sent])
const query = `messages-list?channel_id=${CHANNEL}&limit=1`
assert.deepEqual(await succeeded(member.functions.invoke(query, { method: 'GET' })), [sent])
assert.deepEqual(await succeeded(member.functions.invoke(query, { region: 'eu-west-1' })), [sent])
assert.deepEqual(await succeeded(member.rpc('fetch_social_messages', { p_channel_id: CHANNEL, p_limit: 1 })), [sent])

const staged = await succeeded(client(OWNER).functions.invoke('stage-room-match', { body: JSON.parse(STAGING) }))
assert.equal(staged.inserted_count, 2)

const list = { body: { channel_id: CHANNEL } }
assert.deepEqual(await refused(client(OUTSIDER).functions.invoke('messages-list', list)), { status: 403, code: 'not_channel_member' })
assert.deepEqual(await refused(member.functions.invoke('stage-room-match', { body: { ...JSON.parse(STAGING), room_id: ROOM } })), { status: 403, code: 'not_room_owner' })
assert.deepEqual(await refused(member.functions.invoke('messages-list', { body: {} })), { status: 422, code: 'invalid_parameter' })
assert.deepEqual(await refused(member.functions.invoke('messages-send', { body: 'a string' })), { status: 415, code: 'unsupported_media_type' })
assert.deepEqual(await refused(member.functions.invoke('messages-sent', list), FunctionsRelayError), { status: 404, code: 'function_not_found' })

const signedOut = await refused(client().functions.invoke('messages-list', list))
assert.equal(signedOut.status, 401)
assert.ok(['auth_required', 'not_a_user_token'].includes(signedOut.code), signedOut.code)

// Whatever a browser is told it may send, supabase-js sends; and it can read every header of ours that matters.
const preflight = await fetch(`${ORIGIN}/functions/v1/messages-send`, { method: 'OPTIONS' })
const names = (list) => list.split(',').map((name) => name.trim().toLowerCase())
const allowed = names(preflight.headers.get('access-control-allow-headers'))
for (const name of names(corsHeaders['Access-Control-Allow-Headers'])) {
  assert.ok(allowed.includes(name), `supabase-js sends ${name}, which is not allowed: ${allowed}`)
}

console.log('supabase-js is served')
