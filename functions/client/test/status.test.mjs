// What a subscription says of itself: whoever looks at an empty chat must know whether it is empty.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TOPIC, arrange, at } from './channel.mjs'
import { arrange as room } from './room.mjs'
import { settled } from './fakes.mjs'

const refusal = (status, code, headers) => () => Response.json({ code, message: code }, { status, headers })

test('the first page comes without Realtime, and the status says what is the case', async () => {
  const { supabase, got, statuses, time } = arrange({ stored: [at(1)] })

  await settled()
  assert.deepEqual([got, statuses], [[['m1']], ['connecting']])
  supabase.named(TOPIC).status('CHANNEL_ERROR')
  await settled()
  assert.deepEqual(statuses, ['connecting', 'polling'])
  supabase.named(TOPIC).status('SUBSCRIBED')
  await settled()
  assert.deepEqual(statuses, ['connecting', 'polling', 'live'])
  supabase.named(TOPIC).status('TIMED_OUT')
  await time.pass(0)

  assert.deepEqual(statuses, ['connecting', 'polling', 'live', 'polling'])
})

test('without Realtime it is asked now and then, with Realtime not', async () => {
  const { supabase, database, got, join, time } = arrange()
  await join()
  const asked = database.queries.length
  await time.pass(120_000)
  assert.equal(database.queries.length, asked)

  supabase.named(TOPIC).status('CHANNEL_ERROR')
  database.stored.push(at(1))
  await time.pass(19_999)
  assert.deepEqual(got, [])
  await time.pass(1)

  assert.deepEqual(got, [['m1']])
  await time.pass(20_000)
  assert.equal(database.queries.length, asked + 2)
})

test('a Realtime that never answers is not waited for', async () => {
  const { supabase, got, statuses, time } = arrange({ stored: [at(1)] })
  supabase.realtime.setAuth = () => new Promise(() => {})

  await time.pass(15_000)

  assert.deepEqual(got, [['m1']])
  assert.deepEqual(statuses, ['connecting', 'polling'])
})

test('an outsider is told, once, and joins no more', async () => {
  const { supabase, errors, statuses, time } = arrange()
  supabase.answer = refusal(403, 'not_channel_member')

  await time.pass(120_000)

  assert.deepEqual(errors.map(({ code }) => code), ['not_channel_member'])
  assert.deepEqual(statuses, ['connecting', ['refused', 'not_channel_member']])
  assert.deepEqual(supabase.channels, [])
})

for (const [status, code] of [[500, undefined], [502, undefined], [503, 'upstream_unavailable'], [503, 'rpc_contract_mismatch'], [500, 'misconfigured']]) {
  test(`${status} ${code ?? 'without a code'} at load is no empty chat for good`, async () => {
    const { supabase, got, time } = arrange({ stored: [at(1)] })
    const { answer } = supabase
    supabase.answer = refusal(status, code)
    await settled()

    supabase.answer = answer
    await time.pass(1000)

    assert.deepEqual(got, [['m1']])
  })
}

test('the time that the server asks for passes, whatever is announced meanwhile', async () => {
  const { supabase, got, database, join, hear, time } = arrange()
  await join()
  const { answer } = supabase
  supabase.answer = refusal(429, 'rate_limited', { 'retry-after': '30' })
  database.stored.push(at(1))
  await hear('m1')

  supabase.answer = answer
  await time.pass(29_000)
  await hear('m1')
  assert.deepEqual(got, [])
  await time.pass(2000)

  assert.deepEqual(got, [['m1']])
})

test('what goes wrong at load is in the status, once for each kind', async () => {
  const { supabase, statuses, time } = arrange({ stored: [at(1)] })
  const { answer } = supabase
  supabase.answer = refusal(503, 'upstream_unavailable')
  await time.pass(10_000)
  supabase.answer = refusal(504, 'upstream_timeout')
  await time.pass(60_000)
  supabase.answer = answer
  await time.pass(60_000)

  const failed = ['upstream_unavailable', 'upstream_timeout'].map((code) => ['connecting', code])
  assert.deepEqual(statuses, ['connecting', ...failed, 'connecting'])
})

test('back online, messages come at once', async () => {
  const { supabase, got, window, time } = arrange({ stored: [at(1)] })
  const { answer } = supabase
  supabase.answer = () => { throw new TypeError('fetch failed') }
  await time.pass(60_000)

  supabase.answer = answer
  window.fire('online')
  await settled()

  assert.deepEqual(got, [['m1']])
})

test('a request that hangs ends, and the next one is made', async () => {
  const { supabase, got, errors, time } = arrange({ stored: [at(1)] })
  const { answer } = supabase
  supabase.answer = () => new Promise(() => {})
  await settled()

  supabase.answer = answer
  await time.pass(15_000)
  assert.deepEqual(errors.map(({ code }) => code), ['timeout'])
  await time.pass(1000)

  assert.deepEqual(got, [['m1']])
})

test('an Auth that hangs is said to', async () => {
  const { supabase, errors, time } = arrange()
  supabase.auth.getSession = () => new Promise(() => {})

  await time.pass(15_000)

  assert.deepEqual(errors.map(({ code, retryable }) => [code, retryable]), [['timeout', true]])
})

test('who signs out leaves, and who signs in sees nothing of the one before', async () => {
  const { supabase, got, join, statuses, resets, database } = arrange({ stored: [at(1)] })
  await join()

  supabase.signIn(null, 'SIGNED_OUT')
  assert.equal(resets.length, 1)
  await settled()
  assert.deepEqual(statuses, ['connecting', 'live', 'connecting', ['refused', 'auth_required']])
  assert.deepEqual(supabase.channels, [])
  // Older than anything that the one before has seen.
  database.stored = [at(-60)]
  supabase.signIn({ access_token: 'token-of-eve', user: { id: 'eve' } })
  await join()

  assert.equal(resets.length, 1)
  assert.deepEqual(got, [['m1'], ['m-60']])
  assert.equal(statuses.at(-1), 'live')
})

test('what was fetched for the one before is dropped, and not waited for', async () => {
  const { supabase, got, resets } = arrange({ stored: [at(1)] })
  const { answer } = supabase
  let late
  supabase.answer = (request) => new Promise((resolve) => (late = () => resolve(answer(request))))
  await settled()

  supabase.answer = (request) => (request.headers.Authorization.endsWith('eve') ? Response.json([at(2)]) : answer(request))
  supabase.signIn({ access_token: 'token-of-eve', user: { id: 'eve' } })
  await settled()
  late()
  await settled()

  assert.deepEqual(got, [['m2']])
  assert.equal(resets.length, 1)
})

test('a token of the application\'s own tells users apart, too', async () => {
  const token = (sub) => `h.${btoa(JSON.stringify({ sub })).replaceAll('=', '')}.s`
  let mine = token('ada')
  const { got, resets, join, hear, database } = arrange({ stored: [at(1)], accessToken: async () => mine })
  await join()
  mine = token('eve')
  database.stored = [at(2)]
  await hear('m2')

  assert.equal(resets.length, 1)
  assert.deepEqual(got, [['m1'], ['m2']])
})

test('an overlay store says the same of itself, and asks now and then', async () => {
  const { supabase, statuses, server, time, shown, open } = room()
  await settled()
  assert.deepEqual(statuses, ['connecting'])
  for (const channel of supabase.channels) channel.status('SUBSCRIBED')
  await settled()
  assert.deepEqual(statuses, ['connecting', 'live'])

  supabase.channels[1].status('CHANNEL_ERROR')
  await settled()
  assert.deepEqual(statuses, ['connecting', 'live', 'polling'])
  open('s1')
  await time.pass(20_000)
  assert.equal(shown(), 's1')

  server.online = false
  await time.pass(20_000)
  assert.deepEqual(statuses.at(-1), ['connecting', 'network_failure'])
  supabase.signIn(null, 'SIGNED_OUT')
  await settled()
  assert.deepEqual(statuses.at(-1), ['refused', 'auth_required'])
})

test('an RPC that hangs does not freeze the overlay store', async () => {
  const { supabase, time, shown, open } = room()
  const { answerRpc } = supabase
  supabase.answerRpc = () => new Promise(() => {})
  await settled()
  supabase.answerRpc = answerRpc
  open('s1', { for: 100_000 })

  await time.pass(16_000)

  assert.equal(shown(), 's1')
})
