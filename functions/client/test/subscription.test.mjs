// New messages of a channel: each once, in their order, whatever the broadcasts do.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLockstep } from '../index.js'
import { CHANNEL, START, TOPIC, arrange, at } from './channel.mjs'
import { Supabase, settled } from './fakes.mjs'

test('the topic is private, and joined with the token', async () => {
  const { supabase, join } = arrange()

  await join()

  assert.equal(supabase.named(TOPIC).options.config.private, true)
  assert.equal(supabase.authorized, 1)
})

test('a subscription begins with the newest page, oldest first', async () => {
  const { got, join } = arrange({ stored: [at(2), at(1), at(3)] })

  await join()

  assert.deepEqual(got, [['m1', 'm2', 'm3']])
})

test('what is known is not handed over again', async () => {
  const { got, database, join } = arrange({ stored: [at(1), at(2), at(3)], known: [at(2), at(1)] })

  await join()

  assert.deepEqual(got, [['m3']])
  assert.equal(database.queries[0].since, new Date(START + 2000 - 10_000).toISOString())
})

test('each event fetches what is new, and one that was seen does not', async () => {
  const { got, database, join, hear } = arrange({ stored: [at(1)] })
  await join()
  const asked = database.queries.length

  database.stored.push(at(2), at(3))
  await hear('m2')
  await hear('m3')

  assert.deepEqual(got, [['m1'], ['m2', 'm3']])
  assert.equal(database.queries.length, asked + 1)
})

test('a subscription begins with one page, however long the history is', async () => {
  const { got, database, join } = arrange({ stored: Array.from({ length: 120 }, (_, second) => at(second)) })

  await join()

  assert.deepEqual(got.map(({ length }) => length), [50])
  // The first page, and what came between that and the join.
  assert.deepEqual(database.queries.map(({ since }) => !!since), [false, true])
})

test('a message that was committed late is not lost', async () => {
  const { got, database, join, hear } = arrange({ stored: [at(1), at(9)] })
  await join()

  database.stored.push(at(5))
  await hear('m5')

  assert.deepEqual(got, [['m1', 'm9'], ['m5']])
})

test('after a connection was lost, everything since is fetched, page by page', async () => {
  const history = Array.from({ length: 600 }, (_, n) => at(-n - 60))
  const { got, database, supabase, join } = arrange({ stored: [at(1), ...history], known: [at(1)] })
  await join()
  const asked = database.queries.length

  for (let second = 2; second <= 402; second++) database.stored.push(at(second))
  supabase.named(TOPIC).status('CHANNEL_ERROR')
  await join()

  assert.deepEqual(got, [Array.from({ length: 401 }, (_, i) => `m${i + 2}`)])
  assert.equal(database.queries.length, asked + 3)
})

test('what came between the join and the start of replication is fetched', async () => {
  const { got, database, supabase, join } = arrange()
  await join()

  database.stored.push(at(1))
  supabase.named(TOPIC).system({ status: 'ok' })
  await settled()

  assert.deepEqual(got, [['m1']])
})

test('an event during a fetch leads to one more', async () => {
  const { got, database, supabase, join, hear } = arrange()
  await join()
  const answer = supabase.answer
  const waiting = []
  supabase.answer = (request) => new Promise((resolve) => waiting.push(() => resolve(answer(request))))

  await hear('m1')
  await hear('m2')
  await hear('m3')
  assert.equal(waiting.length, 1)
  waiting[0]()
  await settled()
  database.stored.push(at(1))
  assert.equal(waiting.length, 2)
  waiting[1]()
  await settled()

  assert.deepEqual(got, [['m1']])
  assert.equal(waiting.length, 2)
})

test('a failure that passes is tried again, later and later', async () => {
  const { got, errors, time, supabase, database, join, hear } = arrange()
  await join()
  const answer = supabase.answer
  let asked = 0
  supabase.answer = () => (asked++, Response.json({ code: 'rate_limited' }, { status: 429 }))
  database.stored.push(at(1))

  await hear('m1')
  await time.pass(1000)
  await time.pass(1999)
  assert.equal(asked, 2)
  await time.pass(1)
  supabase.answer = answer
  await time.pass(4000)

  assert.equal(asked, 3)
  assert.equal(errors.length, 3)
  assert.deepEqual(got, [['m1']])
})

test('a refusal is told, and not tried again', async () => {
  const { errors, time, supabase, join, hear } = arrange()
  await join()
  supabase.answer = () => Response.json({ code: 'not_channel_member' }, { status: 403 })

  await hear('m1')
  await time.pass(120_000)

  assert.deepEqual(errors.map(({ code }) => code), ['not_channel_member'])
})

test('a fault of the application does not end the subscription', async () => {
  const supabase = new Supabase()
  const errors = []
  const broken = new Error('broken')
  supabase.answer = () => Response.json([at(1)])
  createLockstep(supabase).subscribeMessages(CHANNEL, () => { throw broken }, { onError: (error) => errors.push(error) })
  await settled()

  supabase.named(TOPIC).status('SUBSCRIBED')
  await settled()
  supabase.answer = () => Response.json([at(2)])
  supabase.named(TOPIC).broadcast('message', { id: 'm2' })
  await settled()

  assert.deepEqual(errors, [broken, broken])
})

test('without a session nothing is joined', async () => {
  const supabase = new Supabase()
  const errors = []
  supabase.session = null

  createLockstep(supabase).subscribeMessages(CHANNEL, () => {}, { onError: (error) => errors.push(error.code) })
  await settled()

  assert.deepEqual(errors, ['auth_required'])
  assert.deepEqual(supabase.channels, [])
})
