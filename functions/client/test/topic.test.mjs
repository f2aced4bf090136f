// A topic of Realtime that two components share, that the server closes, and that React joins twice.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TOPIC, CHANNEL, arrange, at } from './channel.mjs'
import { settled } from './fakes.mjs'

test('a refreshed token opens nothing anew, and a channel that the server closed is', async () => {
  const { supabase, time, join, got, database } = arrange()
  await join()
  const first = supabase.named(TOPIC)

  supabase.signIn({ ...supabase.session, access_token: 'next' }, 'TOKEN_REFRESHED')
  await settled()
  assert.equal(supabase.named(TOPIC), first)
  supabase.drop(first)
  database.stored.push(at(1))
  await time.pass(1000)
  await join()

  assert.notEqual(supabase.named(TOPIC), first)
  assert.equal(supabase.authorized, 2)
  assert.deepEqual(got, [['m1']])
})

test('after leaving nothing is handed over, and the channel is removed', async () => {
  const { supabase, time, leave, join, got, database } = arrange()
  await join()
  const channel = supabase.named(TOPIC)

  leave()
  database.stored.push(at(1))
  channel.broadcast('message', { id: 'm1' })
  await time.pass(60_000)

  assert.deepEqual(got, [])
  assert.deepEqual(supabase.removed, [TOPIC])
  assert.deepEqual(supabase.channels, [])
})

test('two subscribers share a channel, and the first to leave does not close it', async () => {
  const { supabase, lockstep, leave, join, hear, database } = arrange()
  await join()
  const second = []
  lockstep.subscribeMessages(CHANNEL, (messages) => second.push(...messages.map(({ id }) => id)))
  await settled()

  leave()
  await settled()
  database.stored.push(at(1))
  await hear('m1')

  assert.deepEqual(second, ['m1'])
  assert.deepEqual(supabase.removed, [])
})

test('leaving and joining at once, as strict mode does, ends joined', async () => {
  const { supabase, lockstep, leave } = arrange()
  await settled()
  const first = supabase.named(TOPIC)

  leave()
  lockstep.subscribeMessages(CHANNEL, () => {})
  await settled()

  assert.ok(supabase.named(TOPIC).status)
  assert.ok(supabase.removed.length === 0 || supabase.named(TOPIC) !== first)
})

test('a subscriber who comes to a joined topic is up to date at once', async () => {
  const { lockstep, join } = arrange({ stored: [at(1)] })
  await join()
  const second = []

  lockstep.subscribeMessages(CHANNEL, (messages) => second.push(...messages.map(({ id }) => id)))
  await settled()

  assert.deepEqual(second, ['m1'])
})

test('what is fetched while somebody leaves is not handed over', async () => {
  const { supabase, leave, join, got } = arrange()
  let answer
  supabase.answer = () => new Promise((resolve) => (answer = () => resolve(Response.json([at(1)]))))
  await join()

  leave()
  answer()
  await settled()

  assert.deepEqual(got, [])
})

test('a channel that was removed and closes late opens nothing', async () => {
  const { supabase, time, leave, lockstep } = arrange()
  await settled()
  const first = supabase.named(TOPIC)
  leave()
  await settled()
  lockstep.subscribeMessages(CHANNEL, () => {})
  await settled()
  const second = supabase.named(TOPIC)

  first.status('CLOSED')
  await time.pass(60_000)

  assert.equal(supabase.named(TOPIC), second)
  assert.equal(supabase.authorized, 2)
})

test('a socket that was still being closed is opened again', async () => {
  const { supabase, time } = arrange()
  let opened = 0
  supabase.realtime.connect = () => opened++

  await time.pass(1000)

  assert.equal(opened, 1)
})

for (const [what, accessToken, given] of [
  ['before 2.47 is given the token, since it would forget it', 'token of before', ['token-of-ada']],
  ['from 2.47 on asks for it itself', async () => 'token-of-ada', []],
]) {
  test(`a supabase-js ${what}`, async () => {
    const { supabase } = arrange()
    const told = []
    supabase.realtime = { accessToken, setAuth: async (...token) => told.push(token) }

    await settled()

    assert.deepEqual(told, [given])
  })
}
