// The edge functions as an application calls them: what is sent, what comes back, and what is said when it fails.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLockstep } from '../index.js'
import { Supabase } from './fakes.mjs'

const CHANNEL = 'c0000000-0000-4000-8000-000000000001'
const message = (n) => ({ id: `m${n}`, channel_id: CHANNEL, body: `${n}`, inserted_at: `2026-11-22T08:40:00.00000${n}+00:00` })

function arrange(options = {}) {
  const supabase = new Supabase()
  const records = []
  const lockstep = createLockstep(supabase, { onCall: (record) => records.push(record), ...options })
  return { supabase, records, lockstep }
}

const refusal = (status, body, headers = {}) => () =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers })

test('a page is asked for by GET, with the token of the session', async () => {
  const { supabase, lockstep } = arrange()
  supabase.answer = () => Response.json([message(2), message(1)])

  const page = await lockstep.listMessages(CHANNEL, { limit: 3 })

  assert.deepEqual(page, { data: [message(2), message(1)], error: null, nextCursor: null })
  const [call] = supabase.calls
  assert.equal(call.method, 'GET')
  assert.equal(call.name, `messages-list?channel_id=${CHANNEL}&limit=3`)
  assert.equal(call.headers.Authorization, 'Bearer token-of-ada')
})

test('a full page has a cursor, which goes back untouched and escaped', async () => {
  const { supabase, lockstep } = arrange()
  supabase.answer = () => Response.json([message(2), message(1)])

  const { nextCursor } = await lockstep.listMessages(CHANNEL, { limit: 2 })
  await lockstep.listMessages(CHANNEL, { limit: 2, before: nextCursor })

  assert.equal(nextCursor, '2026-11-22T08:40:00.000001+00:00,m1')
  const query = supabase.calls[1].name.split('?')[1]
  assert.ok(!query.includes('+'), query)
  assert.equal(new URLSearchParams(query).get('before'), nextCursor)
})

test('a page is as full as the database makes it: 50 by default, 200 at most', async () => {
  const { supabase, lockstep } = arrange()
  const cursorOf = async (count, options) => {
    supabase.answer = () => Response.json(Array.from({ length: count }, () => message(1)))
    return (await lockstep.listMessages(CHANNEL, options)).nextCursor
  }

  assert.equal(await cursorOf(49), null)
  assert.ok(await cursorOf(50))
  assert.ok(await cursorOf(200, { limit: 500 }))
  assert.equal(await cursorOf(0, { limit: 0 }), null)
})

test('a message is sent with a key, which is the same when it is tried again', async () => {
  const { supabase, lockstep } = arrange()
  supabase.answer = refusal(503, { code: 'upstream_unavailable', message: 'later' }, { 'retry-after': '2' })

  const failed = await lockstep.sendMessage(CHANNEL, 'hello')
  supabase.answer = () => Response.json(message(1), { status: 201 })
  const sent = await lockstep.sendMessage(CHANNEL, { text: 'hello' }, { idempotencyKey: failed.idempotencyKey })

  assert.equal(failed.error.retryable, true)
  assert.equal(failed.error.retryAfter, 2)
  assert.match(failed.idempotencyKey, /^[0-9a-f-]{36}$/)
  assert.equal(sent.idempotencyKey, failed.idempotencyKey)
  assert.deepEqual(supabase.calls[0].body, { channel_id: CHANNEL, body: 'hello', client_message_id: failed.idempotencyKey })
  assert.deepEqual(supabase.calls[1].body, supabase.calls[0].body)
})

test('a match is staged with the payload as it is', async () => {
  const { supabase, lockstep } = arrange()
  const staged = { session_id: 's', slot_template_version: 7, overlay_expires_at: 'e', server_time: 't' }
  supabase.answer = () => Response.json(staged)
  const payload = { room_id: 'r', slot_template: { version: 7 } }

  assert.deepEqual(await lockstep.stageRoomMatch(payload), { data: staged, error: null })
  assert.equal(supabase.calls[0].name, 'stage-room-match')
  assert.equal(supabase.calls[0].body, payload)
})

test('without a session nothing reaches the network', async () => {
  const { supabase, lockstep, records } = arrange()
  supabase.session = null

  for (const { data, error } of [
    await lockstep.listMessages(CHANNEL),
    await lockstep.sendMessage(CHANNEL, 'x'),
    await lockstep.stageRoomMatch({}),
    await lockstep.listMessages(CHANNEL, { accessToken: null }),
  ]) {
    assert.equal(data, null)
    assert.equal(error.code, 'auth_required')
    assert.equal(error.status, 401)
    assert.equal(error.retryable, false)
  }

  assert.deepEqual(supabase.calls, [])
  assert.equal(records.length, 4)
})

test('a session that could not be refreshed for want of a network is no reason to sign in', async () => {
  const { supabase, lockstep } = arrange()
  supabase.auth.getSession = async () => ({ data: { session: null }, error: Object.assign(new Error('fetch failed'), { status: 0 }) })

  const { error } = await lockstep.listMessages(CHANNEL)

  assert.equal(error.code, 'network_failure')
  assert.equal(error.retryable, true)
})

test('a server passes a token of its own, and the session is not asked', async () => {
  const { supabase, lockstep } = arrange({ accessToken: async () => 'token-of-the-factory' })
  supabase.auth.getSession = () => assert.fail('asked')

  await lockstep.listMessages(CHANNEL, { accessToken: 'token-of-grace' })
  await lockstep.listMessages(CHANNEL)

  const sent = supabase.calls.map(({ headers }) => headers.Authorization)
  assert.deepEqual(sent, ['Bearer token-of-grace', 'Bearer token-of-the-factory'])
})

test('a client whose session cannot be read is told so, and nothing is thrown', async () => {
  const { supabase, lockstep } = arrange()
  supabase.auth = new Proxy({}, { get: () => { throw new Error('accessing supabase.auth is not possible') } })

  const { error } = await lockstep.listMessages(CHANNEL)

  assert.equal(error.code, 'auth_required')
  assert.match(error.message, /not possible/)
})

test('the body of an error is read', async () => {
  const { supabase, lockstep } = arrange()
  const body = { code: 'invalid_parameter', message: 'limit: no', msg: 'limit: no', details: 'limit', hint: 'at most 200', request_id: 'b' }
  supabase.answer = refusal(422, body, { 'x-request-id': 'h' })

  const { data, error } = await lockstep.listMessages(CHANNEL)

  assert.equal(data, null)
  const expected = { code: 'invalid_parameter', status: 422, message: 'limit: no', retryable: false, requestId: 'h', details: 'limit', hint: 'at most 200', retryAfter: null }
  assert.deepEqual({ ...error, message: error.message }, expected)
})

test('an error without a readable body has at least the code of the header', async () => {
  const { supabase, lockstep } = arrange()

  supabase.answer = refusal(504, '<html>', { 'sb-error-code': 'deadline_exceeded' })
  const { error: named } = await lockstep.listMessages(CHANNEL)
  supabase.answer = refusal(502, 'null')
  const { error: nameless } = await lockstep.listMessages(CHANNEL)

  assert.equal(named.code, 'deadline_exceeded')
  assert.equal(named.retryable, true)
  assert.deepEqual([nameless.code, nameless.status, nameless.retryable], ['http_error', 502, true])
})

test('what helps when it is tried again is what passes', async () => {
  const { supabase, lockstep } = arrange()
  const retryable = async (status, code, call = () => lockstep.listMessages(CHANNEL)) => {
    supabase.answer = refusal(status, { code, message: code })
    const { error } = await call()
    assert.equal(error.code, code)
    return error.retryable
  }

  assert.equal(await retryable(429, 'rate_limited'), true)
  assert.equal(await retryable(503, 'upstream_unavailable'), true)
  assert.equal(await retryable(504, 'deadline_exceeded'), true)
  assert.equal(await retryable(503, 'rpc_contract_mismatch'), false)
  assert.equal(await retryable(503, 'feature_disabled'), false)
  assert.equal(await retryable(500, 'misconfigured'), false)
  assert.equal(await retryable(403, 'not_channel_member'), false)
  assert.equal(await retryable(503, 'upstream_unavailable', () => lockstep.stageRoomMatch({ slot_template: { version: 7 } })), true)
  assert.equal(await retryable(503, 'upstream_unavailable', () => lockstep.stageRoomMatch({ slot_template: {} })), false)
})

test('a network failure and a cancellation are results too', async () => {
  const { supabase, lockstep } = arrange()
  supabase.answer = () => { throw new TypeError('fetch failed') }

  const { error: failure } = await lockstep.listMessages(CHANNEL)
  const { error: cancelled } = await lockstep.listMessages(CHANNEL, { signal: AbortSignal.abort() })

  assert.deepEqual([failure.code, failure.status, failure.retryable, failure.message], ['network_failure', 0, true, 'fetch failed'])
  assert.deepEqual([cancelled.code, cancelled.retryable], ['aborted', false])
})

test('each call is reported, with the version that answered', async () => {
  let clock = 0
  const { supabase, lockstep, records } = arrange({ clock: () => (clock += 5) })
  supabase.answer = () => Response.json([message(1)], { headers: { 'x-rpc-version': 'fetch_social_messages/1.0.0' } })

  await lockstep.listMessages(CHANNEL)
  supabase.answer = refusal(403, { code: 'not_channel_member' }, { 'x-rpc-version': 'insert_social_message/1.0.0' })
  const { error } = await lockstep.sendMessage(CHANNEL, 'x')

  const version = (name) => `${name}/1.0.0`
  assert.deepEqual(records[0], { functionName: 'messages-list', latencyMs: 5, rows: 1, error: null, rpcVersion: version('fetch_social_messages') })
  assert.deepEqual(records[1], { functionName: 'messages-send', latencyMs: 5, rows: 0, error, rpcVersion: version('insert_social_message') })
})

for (const [how, onCall] of [
  ['throws', () => { throw new Error('broken') }],
  ['rejects', async () => { throw new Error('broken') }],
]) {
  test(`who watches and ${how} does not break the call`, async () => {
    const { lockstep } = arrange({ onCall })

    assert.deepEqual(await lockstep.listMessages(CHANNEL), { data: [], error: null, nextCursor: null })
  })
}

test('functions that live elsewhere are called there, by a client of the same class', async () => {
  const made = []
  class Functions {
    constructor(url, options) {
      made.push({ url, options })
    }
    invoke = async () => ({ data: [], error: null, response: Response.json([]) })
  }
  const fetch = () => {}
  const { supabase, lockstep } = arrange({ functionsUrl: 'https://edge.example/functions/v1/', fetch })
  supabase.functions = new Functions('https://project.example/functions/v1')

  assert.deepEqual((await lockstep.listMessages(CHANNEL)).data, [])
  assert.deepEqual(made[1], { url: 'https://edge.example/functions/v1', options: { customFetch: fetch } })
})
