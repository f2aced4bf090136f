// A message that may have been stored keeps its key until it is known what became of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLockstep } from '../index.js'
import { Supabase, Time } from './fakes.mjs'

const CHANNEL = 'c0000000-0000-4000-8000-000000000001'

function arrange(options) {
  const supabase = new Supabase()
  const time = new Time()
  const lockstep = createLockstep(supabase, { ...time.environment, ...options })
  const stored = ({ body }) => Response.json({ id: 'm1', body: body.body, client_message_id: body.client_message_id }, { status: 201 })
  supabase.answer = stored
  const keys = () => supabase.calls.filter(({ name }) => name === 'messages-send').map(({ body }) => body.client_message_id)
  return { supabase, time, lockstep, stored, keys }
}

const lost = () => { throw new TypeError('fetch failed') }

test('sent again after its answer was lost, it is the same message', async () => {
  const { supabase, lockstep, stored, keys } = arrange()
  supabase.answer = lost
  const { error, idempotencyKey } = await lockstep.sendMessage(CHANNEL, 'hello')
  assert.equal(error.retryable, true)
  supabase.answer = () => Response.json({ code: 'token_expired' }, { status: 401 })
  await lockstep.sendMessage(CHANNEL, { text: 'hello' })

  supabase.answer = stored
  await lockstep.sendMessage(CHANNEL, { body: 'hello' })

  assert.deepEqual(keys(), [idempotencyKey, idempotencyKey, idempotencyKey])
})

test('a double click is one message, and the next of the same words is another', async () => {
  const { lockstep, keys } = arrange()

  await Promise.all([lockstep.sendMessage(CHANNEL, 'hello'), lockstep.sendMessage(CHANNEL, 'hello')])
  await lockstep.sendMessage(CHANNEL, 'hello')

  const [first, second, third] = keys()
  assert.equal(first, second)
  assert.notEqual(second, third)
})

test('other words, another channel and another user are other messages', async () => {
  const { supabase, lockstep, keys } = arrange()
  supabase.answer = lost

  await lockstep.sendMessage(CHANNEL, 'hello')
  await lockstep.sendMessage(CHANNEL, 'hello!')
  await lockstep.sendMessage(`${CHANNEL.slice(0, -1)}2`, 'hello')
  supabase.session = { access_token: 'token-of-eve', user: { id: 'eve' } }
  await lockstep.sendMessage(CHANNEL, 'hello')

  assert.equal(new Set(keys()).size, 4)
})

test('on a server, two requests of one user are two messages', async () => {
  const { lockstep, keys } = arrange()

  await Promise.all([1, 2].map(() => lockstep.sendMessage(CHANNEL, 'hello', { accessToken: 'token-of-ada' })))

  assert.equal(new Set(keys()).size, 2)
})

test('what was seen in the channel is known to be stored, and said again later is another message', async () => {
  const { supabase, time, lockstep, stored, keys } = arrange()
  supabase.answer = lost
  const { idempotencyKey } = await lockstep.sendMessage(CHANNEL, 'hello')
  supabase.answer = () => Response.json([{ id: 'm1', client_message_id: idempotencyKey, inserted_at: '2026-11-22T08:40:00Z' }])
  await lockstep.listMessages(CHANNEL)
  supabase.answer = lost
  await lockstep.sendMessage(CHANNEL, 'hello')

  await time.pass(61_000)
  supabase.answer = stored
  await lockstep.sendMessage(CHANNEL, 'hello')

  assert.equal(keys()[1], keys()[0])
  assert.notEqual(keys()[2], keys()[0])
})

for (const key of [null, undefined]) {
  test(`${key} is no key, so one is made`, async () => {
    const { lockstep, keys } = arrange()

    const { idempotencyKey } = await lockstep.sendMessage(CHANNEL, 'hello', { idempotencyKey: key })

    assert.match(idempotencyKey, /^[0-9a-f-]{36}$/)
    assert.deepEqual(keys(), [idempotencyKey])
  })
}

test('a key is made where a browser has no randomUUID, outside of secure contexts', async () => {
  const { lockstep } = arrange()
  const { randomUUID } = crypto
  Object.defineProperty(crypto, 'randomUUID', { value: undefined, configurable: true, writable: true })
  try {
    const { idempotencyKey } = await lockstep.sendMessage(CHANNEL, 'hello')

    assert.match(idempotencyKey, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  } finally {
    crypto.randomUUID = randomUUID
  }
})
