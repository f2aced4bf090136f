// The routes of messages: who may, what is passed on, and how a refusal looks.
import { ADA, CHANNEL, TOKEN, call, upstream } from './upstream'
import list from '../../pages/api/messages/list'
import send from '../../pages/api/messages/send'
import { listMessages, sendMessage } from '../../services/socialMessages'

const KEY = '0b6f8e7c-52d5-4a0e-9f3f-3d3b7d9f2c11'
const message = { id: 'm1', channel_id: CHANNEL, sender_id: ADA, body: 'hello', inserted_at: '2026-11-22T08:40:00.123456+00:00' }
const post = (body, more) => call(send, { method: 'POST', body, ...more })

test('a page is fetched as the caller, who is known to Auth', async () => {
  const seen = upstream({ 'messages-list': [200, [message]] })

  const { status, body } = await call(list, { query: { channel_id: CHANNEL, limit: '1' } })

  expect([status, body]).toEqual([200, { data: [message], next_cursor: `${message.inserted_at},m1` }])
  expect(seen.map(({ name, query }) => [name, query])).toEqual([['user', ''], ['messages-list', `?channel_id=${CHANNEL}&limit=1`]])
  expect(seen.map(({ authorization }) => authorization)).toEqual([`Bearer ${TOKEN}`, `Bearer ${TOKEN}`])
})

test('the cursor of a page asks for the next one, untouched', async () => {
  const seen = upstream({ 'messages-list': [200, []] })
  const before = `${message.inserted_at},m1`

  await call(list, { query: { channel_id: CHANNEL, before } })

  expect(new URLSearchParams(seen[1].query).get('before')).toBe(before)
})

test('a message is sent as the caller, in the old form too', async () => {
  const seen = upstream({ 'messages-send': [201, message] })

  const { status, body } = await post({ channel_id: CHANNEL, text: 'hello', scope: 'global', client_message_id: KEY })

  expect([status, body]).toEqual([201, { data: message, client_message_id: KEY }])
  expect(seen[1].body).toEqual({ channel_id: CHANNEL, body: 'hello', client_message_id: KEY })
})

test.each([['none', undefined], ['another scheme', 'Basic x'], ['an empty one', 'Bearer']])('with %s for a token, nothing is asked', async (_, authorization) => {
  const seen = upstream({})

  for (const route of [list, send]) {
    const answer = await call(route, { method: route === list ? 'GET' : 'POST', token: null, headers: { authorization } })
    expect([answer.status, answer.body.error, answer.headers['www-authenticate']]).toEqual([401, 'auth_required', 'Bearer'])
  }
  expect(seen).toEqual([])
})

test('a token that Auth refuses never reaches a function', async () => {
  const seen = upstream({ user: [403, { code: 403, error_code: 'bad_jwt', msg: 'invalid JWT' }] })

  const { status, body } = await post({ channel_id: CHANNEL, body: 'hello' })

  expect([status, body.code, seen.length]).toEqual([401, 'invalid_token', 1])
})

test.each([[500], [429]])('an Auth that answers %d is not the fault of the caller', async (answered) => {
  upstream({ user: [answered, { msg: 'not now' }] })

  const { status, body } = await call(list)

  expect([status, body.code]).toEqual([503, 'auth_unavailable'])
})

test.each([[401, 'token_expired'], [403, 'not_channel_member'], [422, 'invalid_parameter'], [503, 'rpc_contract_mismatch']])('%d %s comes through as it is', async (status, code) => {
  const refusal = [status, { code, message: 'm', details: 'd', hint: 'h' }, { 'retry-after': '3', 'x-request-id': 'r' }]
  upstream({ 'messages-list': refusal, 'messages-send': refusal })

  const answers = [await call(list, { query: { channel_id: CHANNEL } }), await post({ channel_id: CHANNEL, body: '', client_message_id: KEY })]

  for (const answer of answers) {
    expect([answer.status, answer.headers['retry-after']]).toEqual([status, 3])
    expect(answer.body).toEqual({ error: code, code, message: 'm', details: 'd', hint: 'h', request_id: 'r' })
  }
  expect(answers[1].headers['idempotency-key']).toBe(KEY)
})

test.each([['{'], ['"text"'], ['null'], ['[]']])('a body that is %s is refused in the same form', async (text) => {
  const seen = upstream({})

  const { status, body } = await post(text)

  expect([status, body]).toEqual([400, { error: 'malformed_request', code: 'malformed_request', message: 'The body is no JSON object', details: null, hint: null, request_id: null }])
  expect(seen.map(({ name }) => name)).toEqual(['user'])
})

test('too large a body is refused before it is read to its end', async () => {
  upstream({})

  expect((await post({ body: 'x'.repeat(70_000) })).status).toBe(413)
})

test('another method is refused', async () => {
  const seen = upstream({})

  const answer = await call(list, { method: 'DELETE' })

  expect([answer.status, answer.headers.allow, seen]).toEqual([405, 'GET', []])
})

test('the wrappers send nothing without a session', async () => {
  const seen = upstream({})

  const answers = [await listMessages(CHANNEL, {}), await sendMessage(CHANNEL, { body: 'hello' })]

  expect(answers.map(({ error }) => error.code)).toEqual(['auth_required', 'auth_required'])
  expect(seen).toEqual([])
})
