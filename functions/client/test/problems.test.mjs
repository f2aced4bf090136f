// Whatever goes wrong is a Problem of its kind, and nothing is thrown.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLockstep, createOverlayStore, LockstepError } from '../index.js'
import { Supabase, Time, Window, settled } from './fakes.mjs'

const CHANNEL = 'c0000000-0000-4000-8000-000000000001'

function arrange(options) {
  const supabase = new Supabase()
  const time = new Time()
  return { supabase, time, lockstep: createLockstep(supabase, { ...time.environment, ...options }) }
}
const kind = ({ code, status, retryable }) => [code, status, retryable]
const answers = (body, init) => () => new Response(body, init)
const json = (body, init) => () => Response.json(body, init)

test('an error is an Error, which a log shows whole', async () => {
  const { supabase, lockstep } = arrange()
  supabase.answer = json({ code: 'not_channel_member', message: 'no' }, { status: 403 })

  const { error } = await lockstep.listMessages(CHANNEL)

  assert.ok(error instanceof Error && error instanceof LockstepError)
  assert.equal(JSON.parse(JSON.stringify(error)).message, 'no')
  assert.match(error.stack, /LockstepError: no/)
})

test('throwOnError throws it, and answers without it', async () => {
  const { supabase, lockstep } = arrange()
  const { data } = await lockstep.listMessages(CHANNEL).throwOnError()
  supabase.answer = json({ code: 'forbidden', message: 'no' }, { status: 403 })

  assert.deepEqual(data, [])
  await assert.rejects(lockstep.listMessages(CHANNEL).throwOnError(), { code: 'forbidden' })
  await assert.rejects(lockstep.sendMessage(CHANNEL, 'x').throwOnError(), { code: 'forbidden' })
  await assert.rejects(lockstep.stageRoomMatch({}).throwOnError(), { code: 'forbidden' })
})

for (const [what, answer, expected] of [
  ['a gateway with a numeric code', json({ code: 401, message: 'Invalid JWT' }, { status: 401 }), ['http_error', 401, false]],
  ['a gateway with a code of its own', json({ code: 'BOOT_ERROR', message: 'x' }, { status: 503 }), ['http_error', 503, true]],
  ['a gateway without a body', answers('', { status: 502 }), ['http_error', 502, true]],
  ['HTML with 200', answers('<html>', { headers: { 'content-type': 'text/html' } }), ['unexpected_answer', 200, true]],
  ['JSON that is something else', json({ hello: 'world' }), ['unexpected_answer', 200, true]],
  ['JSON that is none', answers('{', { headers: { 'content-type': 'application/json' } }), ['unexpected_answer', 0, true]],
]) {
  test(`${what} is ${expected[0]}`, async () => {
    const { supabase, lockstep } = arrange()
    supabase.answer = answer

    assert.deepEqual(kind((await lockstep.listMessages(CHANNEL)).error), expected)
  })
}

test('what the project refuses stays refused, unless its rule says that there were too many', async () => {
  const { lockstep, supabase } = arrange()
  for (const [status, retryable] of [[400, false], [409, false], [429, true]]) {
    supabase.answer = () => Response.json({ code: 'refused_by_project', hint: 'be kind' }, { status, headers: { 'retry-after': '7' } })

    const { error } = await lockstep.listMessages(CHANNEL)

    assert.deepEqual([error.retryable, error.retryAfter, error.hint], [retryable, 7, 'be kind'], status)
  }
})

test('what a gateway called it stays in the details', async () => {
  const { supabase, lockstep } = arrange()
  supabase.answer = json({ code: 'BOOT_ERROR', message: 'x' }, { status: 503 })

  assert.equal((await lockstep.listMessages(CHANNEL)).error.details, 'BOOT_ERROR')
})

test('a lost write with a key is retryable, and one without is not', async () => {
  const { supabase, lockstep } = arrange()
  supabase.answer = answers('', { status: 502 })

  assert.equal((await lockstep.sendMessage(CHANNEL, 'x')).error.retryable, true)
  assert.equal((await lockstep.stageRoomMatch({ slot_template: { version: 0 } })).error.retryable, true)
  assert.equal((await lockstep.stageRoomMatch({ slot_template: {} })).error.retryable, false)
})

test('Retry-After is read in both of its forms', async () => {
  const { supabase, time, lockstep } = arrange()
  const after = async (value) => {
    supabase.answer = json({ code: 'rate_limited' }, { status: 429, headers: { 'retry-after': value } })
    return (await lockstep.listMessages(CHANNEL)).error.retryAfter
  }

  assert.equal(await after('7'), 7)
  assert.equal(await after(new Date(time.wall + 90_000).toUTCString()), 90)
  assert.equal(await after('soon'), null)
})

test('a time limit of ours or of the caller is a timeout, and the wish of the caller is not', async () => {
  const { supabase, time, lockstep } = arrange()
  const signals = []
  supabase.answer = ({ signal }) => new Promise(() => signals.push(signal))
  const ours = lockstep.listMessages(CHANNEL)
  const shorter = lockstep.sendMessage(CHANNEL, 'x', { timeout: 500 })
  const theirs = lockstep.listMessages(CHANNEL, { signal: AbortSignal.timeout(1) })
  const wish = new AbortController()
  const wished = lockstep.listMessages(CHANNEL, { signal: wish.signal })
  await settled()

  wish.abort()
  assert.deepEqual(kind((await wished).error), ['aborted', 0, false])
  assert.deepEqual(kind((await theirs).error), ['timeout', 0, true])
  await time.pass(500)
  assert.deepEqual(kind((await shorter).error), ['timeout', 0, true])
  await time.pass(15_000)
  assert.deepEqual(kind((await ours).error), ['timeout', 0, true])
  assert.ok(signals.every(({ aborted }) => aborted), 'and the request was told')
})

test('nothing is sent for a signal that was aborted before', async () => {
  const { supabase, lockstep } = arrange()

  const { error } = await lockstep.sendMessage(CHANNEL, 'x', { signal: AbortSignal.abort('bye') })
  await settled()

  assert.deepEqual(kind(error), ['aborted', 0, false])
  assert.deepEqual(supabase.calls, [])
})

test('a throw before the promise is a result', async () => {
  const { supabase, lockstep } = arrange()
  const circular = {}
  circular.self = circular
  const before = supabase.calls.length

  assert.deepEqual(kind((await lockstep.sendMessage(CHANNEL, circular)).error), ['unexpected_failure', 0, false])
  assert.deepEqual(kind((await lockstep.stageRoomMatch(circular)).error), ['unexpected_failure', 0, false])
  assert.equal(supabase.calls.length, before)
  supabase.functions = null
  assert.deepEqual(kind((await lockstep.listMessages(CHANNEL, null)).error), ['unexpected_failure', 0, false])
  assert.deepEqual(kind((await lockstep.stageRoomMatch()).error), ['unexpected_failure', 0, false])
  assert.equal((await lockstep.listMessages(CHANNEL, { accessToken: () => { throw new Error('no') } })).error.code, 'auth_required')
})

test('an error of supabase-js before 2.51 has its response in the context alone', async () => {
  const { supabase, lockstep } = arrange()
  const invoke = supabase.functions.invoke
  supabase.functions.invoke = async (...args) => {
    const { data, error } = await invoke(...args)
    return { data, error }
  }
  supabase.answer = json({ code: 'not_channel_member', message: 'no' }, { status: 403 })

  assert.deepEqual(kind((await lockstep.listMessages(CHANNEL)).error), ['not_channel_member', 403, false])
})

/** As supabase-js makes it of a client with an `accessToken` of its own. */
const closed = () => new Proxy({}, { get: () => { throw new Error('accessing supabase.auth is not possible') } })

test('an overlay store takes tokens of one\'s own', async () => {
  const supabase = new Supabase()
  const time = new Time()
  supabase.auth = closed()
  const token = `h.${btoa('{"sub":"ada"}')}.s`
  const told = []
  const onStatus = (...news) => told.push(news)
  const options = { window: new Window(), ...time.environment, onStatus }

  createOverlayStore(supabase, { ...options, accessToken: async () => token }).start()
  await settled()
  assert.deepEqual(supabase.channels.map(({ name }) => name), ['rank_overlay_ttl:ada', 'rank_overlay_ttl'])
  const without = createOverlayStore(supabase, options)
  without.start()
  await settled()

  assert.deepEqual(told.at(-1)[0], 'refused')
  assert.match(told.at(-1)[1].message, /not possible/)
})

for (const [code, status, expected] of [['PGRST202', 404, 'rpc_contract_mismatch'], ['42501', 403, 'forbidden'], ['XX000', 500, 'http_error'], ['overlay_not_found', 404, 'overlay_not_found']]) {
  test(`${code} of an RPC is ${expected}`, async () => {
    const supabase = new Supabase()
    const time = new Time()
    supabase.answerRpc = () => ({ data: null, status, error: { code, message: 'm', details: null } })
    const store = createOverlayStore(supabase, { window: new Window(), ...time.environment })
    store.setActiveSession({ sessionId: 's', version: 1, expiresAt: time.wall + 1000 })

    const { error } = await store.renew()

    assert.ok(error instanceof LockstepError)
    assert.deepEqual([error.code, error.status], [expected, status])
  })
}
